import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { ReplayError } from './error.ts'

const CHUNK = 64 * 1024

/** What else a file may be, by its first bytes, and how it becomes text. */
const FORMATS: readonly { readonly magic: string; readonly is: string; readonly text: string }[] = [
  { magic: '\x17\x08Dtracing', is: "trace-cmd's binary format", text: 'trace-cmd report -i FILE > FILE.txt' },
  { magic: 'PERFILE2', is: "perf's binary format", text: 'scripts/record-kvm-trace --help' },
  { magic: '\x28\xb5\x2f\xfd', is: 'compressed with zstd', text: 'zstd -dc FILE | faultline trace -' },
  { magic: '\xfd7zXZ\x00', is: 'compressed with xz', text: 'xz -dc FILE | faultline trace -' },
  { magic: 'BZh', is: 'compressed with bzip2', text: 'bzip2 -dc FILE | faultline trace -' },
]
const GZIP = '\x1f\x8b'

/** How a path is spoken of: `-` is standard input. */
export const spokenName = (path: string): string => (path === '-' ? 'standard input' : path)

/**
 * Hands the bytes of a file, or of standard input for `-`, to `take`, unpacked if they are gzip's by their magic. Whatever
 * goes wrong becomes a ReplayError.
 */
export async function readBytes(path: string, stdin: () => Readable, take: (chunk: Buffer) => void): Promise<void> {
  const name = spokenName(path)
  const input = path === '-' ? stdin() : createReadStream(path, { highWaterMark: CHUNK })
  let read = 0
  try {
    const head = await firstChunk(input)
    if (head === undefined) throw empty(name)
    rejectOtherFormats(name, head)
    input.unshift(head)
    const isPacked = head.toString('latin1', 0, GZIP.length) === GZIP
    for await (const chunk of isPacked ? unpacked(input) : input) {
      if (read === 0) rejectBinary(name, chunk)
      read += chunk.length
      take(chunk)
    }
    if (read === 0) throw empty(name)
  } catch (cause) {
    throw cause instanceof ReplayError ? cause : readFailed(name, read, cause)
  } finally {
    input.destroy()
  }
}

const empty = (name: string) => new ReplayError(`${name} is empty`, 'Was tracing on? See docs/traces.md.')

/** pipe() does not pass errors on. */
function unpacked(input: Readable): Readable {
  const gunzip = createGunzip({ chunkSize: CHUNK })
  input.once('error', (error) => gunzip.destroy(error))
  return input.pipe(gunzip)
}

/** The first bytes, taken out of the stream; undefined if there are none. */
function firstChunk(input: Readable): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const chunk: Buffer | null = input.read()
      if (chunk !== null) settle(() => resolve(chunk))
    }
    const settle = (outcome: () => void) => {
      input.off('readable', look).off('end', ended).off('error', failed)
      outcome()
    }
    const ended = () => settle(() => resolve(undefined))
    const failed = (error: Error) => settle(() => reject(error))
    input.on('readable', look).on('end', ended).on('error', failed)
  })
}

function rejectOtherFormats(name: string, head: Buffer): void {
  for (const { magic, is, text } of FORMATS) {
    if (head.toString('latin1', 0, magic.length) !== magic) continue
    throw new ReplayError(`${name} is ${is}, not a text`, `${text.replaceAll('FILE', name)}`)
  }
}

function rejectBinary(name: string, chunk: Buffer): void {
  if (!chunk.includes(0)) return
  throw new ReplayError(
    `${name} is a binary file: there is a zero byte at ${chunk.indexOf(0)}`,
    "Give the text of ftrace's `trace` file or of `trace-cmd report`, plain or gzipped.",
  )
}

const READING: Readonly<Record<string, (name: string) => ReplayError>> = {
  ENOENT: (name) => new ReplayError(`there is no file ${name}`, 'Give the path of a trace, or `-` for standard input.'),
  EACCES: (name) => new ReplayError(`${name} may not be read by you`, `sudo chmod a+r ${name}`),
  EISDIR: (name) => new ReplayError(`${name} is a directory`, 'Give the path of one trace.'),
  Z_BUF_ERROR: (name) =>
    new ReplayError(
      `${name} is a gzip file that ends too early`,
      `Copy it once more; or take what there is of it: zcat ${name} | faultline trace -`,
    ),
}

function readFailed(name: string, read: number, cause: unknown): ReplayError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const known = READING[code]?.(name)
  if (known !== undefined) return known
  const after = read > 0 ? ` after ${read} bytes` : ''
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new ReplayError(`${name} could not be read${after}: ${reason}`, 'Is the file whole? `zcat` and `file` tell.')
}
