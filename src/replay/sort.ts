import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LineReader } from './line-reader.ts'
import type { TakeLine } from './lines.ts'

export type RunSize = { readonly bytes: number; readonly lines: number }

/** The bytes of lines that are sorted at a time; more than that goes to temporary files. */
const RUN: RunSize = { bytes: 24 * 2 ** 20, lines: 2 ** 18 }
const BLOCK = 256 * 1024
const HEADER = 12

/** Time went back within the events of one CPU: the line, and by how much. */
export type Unsortable = {
  readonly line: number
  /** The start of the following part, with the header before it. */
  readonly partFrom: number
  readonly byNs: number
  readonly within: string
  /** How often that happens: a few times for concatenated recordings, many times for unordered lines. */
  times: number
  /** All times are as short as distances between events, and the first is 0. */
  readonly isOfDistances: boolean
}

const MOSTLY = 20

/**
 * Sorts the lines of a recording by time, in bounded memory. That is safe only if the lines of each CPU are in order: then
 * the file consists of the parts of one recording. Lines that are not events stay behind the event that they followed.
 */
export class Sorter {
  readonly #reader: LineReader
  readonly #latest = new Map<string, number>()
  /** How often time advances within a CPU. */
  #forwards = 0
  readonly #size: RunSize
  readonly #bytes: Buffer
  readonly #ends: Uint32Array
  readonly #keys: Float64Array
  readonly #files: string[] = []
  readonly #folder = mkdtempSync(join(tmpdir(), 'faultline-sort-'))
  #count = 0
  #used = 0
  lines = 0
  #seconds: number | undefined
  #firstNs = 0
  #key = 0
  #lastEvent = 0
  unsortable: Unsortable | undefined

  constructor(tickNs?: number, size: RunSize = RUN) {
    this.#reader = new LineReader(tickNs)
    this.#size = size
    this.#bytes = Buffer.allocUnsafe(size.bytes)
    this.#ends = new Uint32Array(size.lines)
    this.#keys = new Float64Array(size.lines)
  }

  take(bytes: Buffer, start: number, end: number): void {
    this.lines += 1
    if (this.#reader.read(bytes, start, end)) {
      this.#key = this.#keyOf()
      this.#lastEvent = this.lines
    }
    const length = end - start
    if (this.#count === this.#size.lines || this.#used + length > this.#size.bytes) this.#spill()
    this.#used += bytes.copy(this.#bytes, this.#used, start, end)
    this.#keys[this.#count] = this.#key
    this.#ends[this.#count] = this.#used
    this.#count += 1
  }

  /** Hands all lines on, the earliest first, and those of the same time in the order in which they came. */
  drain(take: TakeLine): void {
    if (this.#files.length === 0) {
      for (const index of this.#order()) take(this.#bytes, index === 0 ? 0 : this.#ends[index - 1]!, this.#ends[index]!)
      return
    }
    this.#spill()
    merge(this.#files, take)
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #keyOf(): number {
    const { line } = this.#reader
    if (line.time !== 'seconds') return this.#key
    if (this.#seconds === undefined) {
      this.#seconds = line.seconds
      this.#firstNs = line.seconds * 1e9 + line.nanos
    }
    const key = (line.seconds - this.#seconds) * 1e9 + line.nanos
    // Without a CPU a task's own events must be in order.
    const within = line.cpu >= 0 ? `CPU ${line.cpu}` : `task ${line.pid}`
    const before = this.#latest.get(within) ?? key
    if (key < before) {
      this.unsortable ??= {
        line: this.lines,
        partFrom: this.#lastEvent + 1,
        byNs: before - key,
        within,
        times: 0,
        isOfDistances: this.#firstNs === 0,
      }
      this.unsortable.times += 1
    } else if (before !== undefined && key > before) this.#forwards += 1
    this.#latest.set(within, key)
    return key
  }

  /** The last line comes first, as `journalctl -r` and `tac` print. */
  get isReversed(): boolean {
    return this.unsortable !== undefined && this.unsortable.times > this.#forwards * MOSTLY
  }

  #order(): Uint32Array {
    const keys = this.#keys
    return Uint32Array.from({ length: this.#count }, (_, index) => index).sort((a, b) => keys[a]! - keys[b]! || a - b)
  }

  #spill(): void {
    const file = join(this.#folder, String(this.#files.length))
    const fd = openSync(file, 'w')
    let block = Buffer.allocUnsafe(BLOCK * 2)
    let filled = 0
    for (const index of this.#order()) {
      const from = index === 0 ? 0 : this.#ends[index - 1]!
      const length = this.#ends[index]! - from
      if (filled + HEADER + length > block.length) {
        writeSync(fd, block, 0, filled)
        filled = 0
      }
      if (HEADER + length > block.length) block = Buffer.allocUnsafe(HEADER + length)
      block.writeDoubleLE(this.#keys[index]!, filled)
      block.writeUInt32LE(length, filled + 8)
      this.#bytes.copy(block, filled + HEADER, from, from + length)
      filled += HEADER + length
    }
    writeSync(fd, block, 0, filled)
    closeSync(fd)
    this.#files.push(file)
    this.#count = 0
    this.#used = 0
  }
}

/** The files' lines together, the earliest first, and among those of the same time that of the earlier file. */
function merge(files: readonly string[], take: TakeLine): void {
  const runs = files.map((file) => new Run(file))
  try {
    for (;;) {
      let first: Run | undefined
      for (const run of runs) if (run.isOpen && (first === undefined || run.key < first.key)) first = run
      if (first === undefined) return
      take(first.block, first.start, first.end)
      first.next()
    }
  } finally {
    for (const run of runs) run.close()
  }
}

/** One sorted file, read block by block. */
class Run {
  readonly #fd: number
  block = Buffer.allocUnsafe(BLOCK)
  #filled = 0
  start = 0
  end = 0
  key = 0
  isOpen = true

  constructor(file: string) {
    this.#fd = openSync(file, 'r')
    this.next()
  }

  next(): void {
    if (!this.#has(this.end, HEADER)) {
      this.isOpen = false
      return
    }
    this.key = this.block.readDoubleLE(this.end)
    const length = this.block.readUInt32LE(this.end + 8)
    this.#has(this.end, HEADER + length)
    this.start = this.end + HEADER
    this.end = this.start + length
  }

  close(): void {
    closeSync(this.#fd)
  }

  /** Whether this many bytes are available at `at`, which may move to the front of the block to make room. */
  #has(at: number, length: number): boolean {
    if (at + length <= this.#filled) return true
    const room = Buffer.allocUnsafe(Math.max(BLOCK, length))
    const kept = this.block.copy(room, 0, at, this.#filled)
    this.#filled = kept + readSync(this.#fd, room, kept, room.length - kept, null)
    this.block = room
    this.end = 0
    return this.#filled >= length
  }
}
