import { createReadStream, readFileSync } from 'node:fs'
import type { Io } from './io.ts'

/** The part of Io that the program receives at its start. */
export type Started = Pick<Io, 'isErrTty' | 'columns' | 'isColoured'> & {
  readonly errSize: Io['errSize']
  readonly words: readonly string[]
}

/** The part of Io that differs between the writing thread and a worker. */
type Own = Pick<Io, 'out' | 'err' | 'signal' | 'keeps' | 'stops'>

/** The package's own, from wherever it is run. */
const versionOf = (): string =>
  (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version

/** This process, as commands see it. */
export const processIo = ({ words, ...terminal }: Started, own: Own): Io => ({
  ...terminal,
  ...own,
  stdin: () => createReadStream('', { fd: 0, autoClose: false }),
  uptimeMs: () => process.uptime() * 1000,
  command: words,
  node: process.execPath,
  version: versionOf(),
  environment: process.env,
  runtime: { node: process.version, v8: process.versions.v8 },
  isTraced: process.env.FAULTLINE_TRACE === '1',
})
