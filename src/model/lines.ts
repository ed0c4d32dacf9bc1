/** Lines of 64 bytes, whatever lies on them. */
export const WORDS_PER_CACHE_LINE = 16
export const LINE_SHIFT = 4

/** No CPU: the line lies in memory, or has no reader or waiter. */
export const NO_CPU = -1

/** Fields of a line's state: eight words of 4 bytes that lie together, the last two of which are one of 8 bytes. */
export const OWNER = 0
export const LAST_ASKER = 1
export const LAST_READER = 2
export const IS_SHARED = 3
export const VERSION = 4
const LAST_WAITER = 5
const BUSY_UNTIL = 3

/** Where the state of a line begins. */
export const STATE_SHIFT = 3

/**
 * What the interconnect knows of each cache line.
 *
 *   OWNER            CPU that wrote it last; NO_CPU: it lies in memory
 *   LAST_ASKER       CPU that will have it alone, when all CPUs that have asked for that have had it
 *   LAST_READER      CPU that asked for a copy last since then; NO_CPU: none did
 *   IS_SHARED        others have read it since: the owner, too, must ask before it writes again
 *   VERSION          counts the times that copies elsewhere became worthless
 *   LAST_WAITER      of the CPUs that watch it, in a ring by #next; NO_CPU if none does
 *   BUSY_UNTIL       ps; the line is on its way to a CPU, and CPUs that ask meanwhile get it in the order of asking
 *
 * A thousand CPUs look at more lines than the host's cache holds: all of a line is fetched at once.
 */
export class Lines {
  readonly state: Int32Array
  readonly #times: Float64Array
  readonly #next: Int16Array
  /** None: not every cache has room for all lines, and each CPU keeps a list of its own. */
  readonly sharers: Sharers | undefined

  constructor(lines: number, cpus: number, capacity: number) {
    const memory = new ArrayBuffer(lines << (STATE_SHIFT + 2))
    this.sharers = lines <= capacity ? new Sharers(lines, cpus) : undefined
    this.state = new Int32Array(memory)
    this.#times = new Float64Array(memory)
    this.#next = new Int16Array(cpus)
    for (let at = 0; at < this.state.length; at += 1 << STATE_SHIFT) {
      this.state[at + OWNER] = NO_CPU
      this.state[at + LAST_ASKER] = NO_CPU
      this.state[at + LAST_READER] = NO_CPU
      this.state[at + LAST_WAITER] = NO_CPU
    }
  }

  busyUntil(line: number): number {
    return this.#times[(line << (STATE_SHIFT - 1)) + BUSY_UNTIL]!
  }

  keepBusy(line: number, until: number): void {
    this.#times[(line << (STATE_SHIFT - 1)) + BUSY_UNTIL] = until
  }

  isWatched(line: number): boolean {
    return this.state[(line << STATE_SHIFT) + LAST_WAITER] !== NO_CPU
  }

  /** The CPU watches the line from now on, behind those that already do. */
  watch(line: number, cpu: number): void {
    const at = (line << STATE_SHIFT) + LAST_WAITER
    const last = this.state[at]!
    if (last === NO_CPU) {
      this.#next[cpu] = cpu
    } else {
      this.#next[cpu] = this.#next[last]!
      this.#next[last] = cpu
    }
    this.state[at] = cpu
  }

  /** Takes the CPU that has watched the line longest, or NO_CPU. */
  takeWaiter(line: number): number {
    const at = (line << STATE_SHIFT) + LAST_WAITER
    const last = this.state[at]!
    if (last === NO_CPU) return NO_CPU
    const first = this.#next[last]!
    if (first === last) this.state[at] = NO_CPU
    else this.#next[last] = this.#next[first]!
    return first
  }
}

/**
 * Which CPU has a copy of which line, a bit each, for a memory that fits into every CPU's cache: all look at the same few lines, and
 * so does the host's cache.
 */
export class Sharers {
  readonly #bits: Int32Array
  readonly #words: number

  constructor(lines: number, cpus: number) {
    this.#words = (cpus + 31) >>> 5
    this.#bits = new Int32Array(lines * this.#words)
  }

  has(line: number, cpu: number): boolean {
    return (this.#bits[line * this.#words + (cpu >>> 5)]! & (1 << (cpu & 31))) !== 0
  }

  put(line: number, cpu: number): void {
    this.#bits[line * this.#words + (cpu >>> 5)]! |= 1 << (cpu & 31)
  }

  clear(line: number): void {
    const from = line * this.#words
    this.#bits.fill(0, from, from + this.#words)
  }
}

const FIRST_COPIES = 32
const GOLDEN = 0x9e37_79b1

/**
 * Which lines a CPU has copies of, and of which version: as many as its second-level cache holds, each in one possible place. Of
 * the places only those are kept that something came to: a thousand CPUs with a few lines each are not to fill the host's cache.
 */
export class Copies {
  readonly #places: number
  #shift = 32 - Math.log2(FIRST_COPIES)
  #used = 0
  /** Pairs of a line, counted from 1, and its version; 0: nothing came here yet. */
  #copies = new Int32Array(FIRST_COPIES * 2)

  constructor(capacity: number) {
    this.#places = capacity - 1
  }

  has(line: number, version: number): boolean {
    const at = this.#find(line & this.#places)
    return this.#copies[at] === line + 1 && this.#copies[at + 1] === version
  }

  put(line: number, version: number): void {
    let at = this.#find(line & this.#places)
    if (this.#copies[at] === 0) {
      this.#used += 1
      if (this.#used << 2 > this.#copies.length) {
        this.#grow()
        at = this.#find(line & this.#places)
      }
    }
    this.#copies[at] = line + 1
    this.#copies[at + 1] = version
  }

  /** Where what came to the place is, or may be put. */
  #find(place: number): number {
    const copies = this.#copies
    let at = (Math.imul(place, GOLDEN) >>> this.#shift) << 1
    while (copies[at] !== 0 && ((copies[at]! - 1) & this.#places) !== place) at = (at + 2) & (copies.length - 1)
    return at
  }

  #grow(): void {
    const before = this.#copies
    this.#copies = new Int32Array(before.length * 2)
    this.#shift -= 1
    for (let from = 0; from < before.length; from += 2) {
      if (before[from] === 0) continue
      const at = this.#find((before[from]! - 1) & this.#places)
      this.#copies[at] = before[from]!
      this.#copies[at + 1] = before[from + 1]!
    }
  }
}
