import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { ReplayError } from '../errors/faultline-error.ts'
import { shellWord } from '../errors/shell-word.ts'
import { converted, unpackingOf } from './convert.ts'
import { decoderOf } from './encoding.ts'

const CHUNK = 256 * 1024
const NEWLINE = 0x0a

const GZIP = '\x1f\x8b'

/** The display name of a path: `-` is standard input. */
const displayName = (path: string): string => (path === '-' ? 'standard input' : path)

/** The chunk is valid until it returns. */
type TakeChunk = (chunk: Buffer) => void

/** A recording that can be read as often as it takes. */
export type Source = { readonly name: string; read(take: TakeChunk): Promise<void>; close(): Promise<void> }

/** Standard input, for `-`, is kept in a temporary file: it can be read only once. */
export async function openSource(path: string, stdin: () => Readable): Promise<Source> {
  const name = displayName(path)
  if (path !== '-') return { name, read: (take) => readBytes(path, name, take), close: async () => {} }
  const folder = await mkdtemp(join(tmpdir(), 'faultline-trace-'))
  const spool = join(folder, 'stdin')
  const close = () => rm(folder, { recursive: true, force: true })
  try {
    await pipeline(stdin(), createWriteStream(spool))
  } catch (cause) {
    await close()
    throw readFailed(name, 0, cause)
  }
  return { name, read: (take) => readBytes(spool, name, take), close }
}

/** The bytes of a file, unpacked if they are gzip's by their magic, and as text if a tool makes it. Every failure becomes a ReplayError. */
async function readBytes(path: string, name: string, take: TakeChunk): Promise<void> {
  const input = createReadStream(path, { highWaterMark: CHUNK })
  let read = 0
  try {
    const head = await firstChunk(input)
    if (head === undefined) throw empty(name)
    input.unshift(head)
    const text = converted(name, path, head) ?? (isGzip(head) ? unpacked(input) : await plain(path, input))
    let decode: ReturnType<typeof decoderOf>
    for await (const chunk of text) {
      if (read === 0) {
        decode = decoderOf(chunk)
        rejectBinary(name, decode?.(chunk) ?? chunk, unpackerOf(head))
        decode = decoderOf(chunk)
      }
      read += chunk.length
      take(withoutZeros(decode?.(chunk) ?? chunk))
    }
    if (read === 0) throw empty(name)
  } catch (cause) {
    throw cause instanceof ReplayError ? cause : readFailed(name, read, cause)
  } finally {
    input.destroy()
  }
}

/** A pipe can be read once only, by the stream that is open. */
async function plain(path: string, input: Readable): Promise<AsyncIterable<Buffer>> {
  return (await stat(path)).isFile() ? blocksOf(path) : input
}

/** A file block by block, in the same two buffers: the next is read while one is looked at. */
async function* blocksOf(path: string): AsyncGenerator<Buffer> {
  const file = await open(path)
  try {
    let [current, other] = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)]
    let reading = file.read(current, 0, CHUNK)
    for (;;) {
      const { bytesRead } = await reading
      if (bytesRead === 0) return
      const block = current.subarray(0, bytesRead)
      reading = file.read(other, 0, CHUNK)
      // Reading the block may throw while no one awaits this read.
      reading.catch(() => {})
      yield block
      ;[current, other] = [other, current]
    }
  } finally {
    await file.close()
  }
}

/** The program that undoes the outer compression of a file that is compressed twice. */
const unpackerOf = (head: Buffer) => (isGzip(head) ? 'zcat' : (unpackingOf(head) ?? 'zcat'))

const isGzip = (head: Buffer) => head.toString('latin1', 0, GZIP.length) === GZIP

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

/** Formats that contain files, by their first bytes. */
const CONTAINERS: readonly {
  readonly at: number
  readonly magic: string
  readonly is: string
  readonly text: string
}[] = [
  { at: 0, magic: 'PK\x03\x04', is: 'a zip archive', text: 'unzip -p FILE | faultline trace -' },
  { at: 0, magic: '7z\xbc\xaf\x27\x1c', is: 'a 7z archive', text: '7z x -so FILE | faultline trace -' },
  { at: 257, magic: 'ustar', is: 'a tar archive', text: 'tar -xOf FILE | faultline trace -' },
]
/**
 * The number of bytes that are checked. A small share of control bytes is allowed: a file with holes has zeros, and a log
 * contains what was sent to a console.
 */
const LOOKED_AT = 16_384
const FOREIGN_SHARE = 0.01
const isForeign = (byte: number) => byte < 0x20 && byte !== 0 && !(byte >= 0x09 && byte <= 0x0d) && byte !== 0x1b

function rejectBinary(name: string, chunk: Buffer, outer: string): void {
  if (isGzip(chunk) || unpackingOf(chunk) !== undefined) {
    throw new ReplayError(`${name} is compressed twice, not a text`, `${outer} ${shellWord(name)} | faultline trace -`)
  }
  for (const { at, magic, is, text } of CONTAINERS) {
    if (chunk.toString('latin1', at, at + magic.length) !== magic) continue
    throw new ReplayError(`${name} is ${is}, not a text`, text.replaceAll('FILE', shellWord(name)))
  }
  if (!chunk.includes(0)) return
  const bytes = chunk.filter((byte) => byte !== 0).subarray(0, LOOKED_AT)
  const foreign = bytes.filter(isForeign).length
  if (bytes.length > 0 && foreign <= bytes.length * FOREIGN_SHARE) return
  throw new ReplayError(
    `${name} is a binary file: there is a zero byte at ${chunk.indexOf(0)}`,
    "Give the text of ftrace's `trace` file or of `trace-cmd report`, plain or gzipped.",
  )
}

/** Zeros, which fill the holes of a file that was not written to its end, end lines. */
function withoutZeros(chunk: Buffer): Buffer {
  for (let at = chunk.indexOf(0); at >= 0; at = chunk.indexOf(0, at + 1)) chunk[at] = NEWLINE
  return chunk
}

const READING: Readonly<Record<string, (name: string) => ReplayError>> = {
  ENOENT: (name) => new ReplayError(`there is no file ${name}`, 'Give the path of a trace, or `-` for standard input.'),
  EACCES: (name) => new ReplayError(`${name} cannot be read: permission denied`, `sudo chmod a+r ${shellWord(name)}`),
  EISDIR: (name) => new ReplayError(`${name} is a directory`, 'Give the path of one trace.'),
  Z_BUF_ERROR: (name) =>
    new ReplayError(
      `${name} is a gzip file that ends too early`,
      `Copy it again, or read the part that is there: zcat ${shellWord(name)} | faultline trace -`,
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
