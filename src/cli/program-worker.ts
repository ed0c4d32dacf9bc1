import { createReadStream, readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import type { SignalName } from './interruption.ts'
import type { Io } from './io.ts'
import { program } from './program.ts'

/** What the program is told when it starts. */
export type Started = {
  readonly isErrTty: boolean
  readonly errSize: Io['errSize']
  readonly columns: number | undefined
  readonly isColoured: boolean
  readonly words: readonly string[]
}

export type ToProgram =
  | { readonly kind: 'interrupt'; readonly signal: SignalName }
  /** The process had been stopped. */
  | { readonly kind: 'continued' }

export type FromProgram =
  | { readonly kind: 'out' | 'err'; readonly text: string }
  | { readonly kind: 'keeps'; readonly says: string; readonly isNothing: boolean }
  | { readonly kind: 'heard' }
  | { readonly kind: 'end'; readonly code: number }

/** The package's own, from wherever it is run. */
const versionOf = (): string =>
  (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version

const started = workerData as Started
const tell = (message: FromProgram) => parentPort!.postMessage(message)

const interrupt = new AbortController()
let stops = 0
parentPort!.on('message', (message: ToProgram) => {
  if (message.kind === 'continued') stops += 1
  else {
    tell({ kind: 'heard' })
    interrupt.abort(message.signal)
  }
})

const code = await program({
  out: (text) => tell({ kind: 'out', text: `${text}\n` }),
  err: (text) => tell({ kind: 'err', text }),
  isErrTty: started.isErrTty,
  errSize: started.errSize,
  columns: started.columns,
  isColoured: started.isColoured,
  stdin: () => createReadStream('', { fd: 0, autoClose: false }),
  signal: interrupt.signal,
  keeps: (says, isNothing = false) => tell({ kind: 'keeps', says, isNothing }),
  stops: () => stops,
  uptimeMs: () => process.uptime() * 1000,
  command: started.words,
  node: process.execPath,
  version: versionOf(),
  environment: process.env,
  runtime: { node: process.version, v8: process.versions.v8 },
  isTraced: process.env.FAULTLINE_TRACE === '1',
})
tell({ kind: 'end', code })
