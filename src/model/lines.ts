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
 *   LAST_WAITER      of the CPUs that watch it, in a ring by #next; NO_CPU if none does
 *   BUSY_UNTIL       ps; the line is on its way to a CPU, and CPUs that ask meanwhile get it in the order of asking
 *
 * A thousand CPUs look at more lines than the host's cache holds: all of a line is fetched at once.
 */
export class Lines {
  readonly state: Int32Array
  readonly #times: Float64Array
  readonly #next: Int16Array
  readonly sharers: Sharers

  constructor(lines: number, cpus: number, capacity: number) {
    const memory = new ArrayBuffer(lines << (STATE_SHIFT + 2))
    this.sharers = new Sharers(lines, cpus, capacity)
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

/** No line. */
const NONE = -1
/** No CPU has had a copy of this line yet. */
const NEVER = -2

/**
 * Which CPU has a copy of which line, a bit each: of a line that all CPUs read, all their bits lie in two lines of the host's cache. A
 * cache holds as many lines as its capacity, a power of two, and has one place for each, so a copy that arrives evicts the copy of
 * another line with the same place.
 */
export class Sharers {
  readonly #bits: Int32Array
  readonly #words: number
  readonly #places: number
  /** Whether there is a place for each line. */
  readonly haveRoom: boolean
  /** By place: the last line that got its first copy. By line: the one before that. Empty if there is room. */
  readonly #last: Int32Array
  readonly #before: Int32Array

  constructor(lines: number, cpus: number, capacity: number) {
    this.haveRoom = lines <= capacity
    this.#words = (cpus + 31) >>> 5
    this.#bits = new Int32Array(lines * this.#words)
    this.#places = capacity - 1
    this.#last = new Int32Array(this.haveRoom ? 0 : capacity).fill(NONE)
    this.#before = new Int32Array(this.haveRoom ? 0 : lines).fill(NEVER)
  }

  has(line: number, cpu: number): boolean {
    return (this.#bits[line * this.#words + (cpu >>> 5)]! & (1 << (cpu & 31))) !== 0
  }

  put(line: number, cpu: number): void {
    if (!this.haveRoom) this.#evict(line, cpu)
    this.#bits[line * this.#words + (cpu >>> 5)]! |= 1 << (cpu & 31)
  }

  /** No CPU has a copy of the line any more. */
  clear(line: number): void {
    const bits = this.#bits
    const from = line * this.#words
    const until = from + this.#words
    for (let at = from; at < until; at += 1) bits[at] = 0
  }

  #evict(line: number, cpu: number): void {
    const before = this.#before
    const place = line & this.#places
    if (before[line] === NEVER) {
      before[line] = this.#last[place]!
      this.#last[place] = line
    }
    for (let other = this.#last[place]!; other !== NONE; other = before[other]!)
      if (other !== line) this.#bits[other * this.#words + (cpu >>> 5)]! &= ~(1 << (cpu & 31))
  }
}
