/** Lines of 64 bytes, whatever lies on them. */
export const WORDS_PER_CACHE_LINE = 16
export const LINE_SHIFT = 4

export const NOBODY = -1

/**
 * What the interconnect knows of each cache line.
 *
 *   owner      CPU that wrote it last; NOBODY: it lies in memory
 *   lastAsker  CPU that will have it, when all who have asked for it have had it; isAskedShared: as a copy, by then
 *   isShared   others have read it since: the owner, too, must ask before it writes again
 *   version    counts the times that copies elsewhere became worthless
 *   busyUntil  ps; the line is on its way to somebody, who asks meanwhile waits in the order of asking
 *   lastWaiter of the CPUs that watch it, in a ring by #next; NOBODY if none does
 */
export class Lines {
  readonly owner: Int16Array
  readonly lastAsker: Int16Array
  readonly isAskedShared: Uint8Array
  readonly isShared: Uint8Array
  readonly version: Int32Array
  readonly busyUntil: Float64Array
  readonly lastWaiter: Int16Array
  readonly #next: Int16Array

  constructor(lines: number, cpus: number) {
    this.owner = new Int16Array(lines).fill(NOBODY)
    this.lastAsker = new Int16Array(lines).fill(NOBODY)
    this.isAskedShared = new Uint8Array(lines)
    this.isShared = new Uint8Array(lines)
    this.version = new Int32Array(lines)
    this.busyUntil = new Float64Array(lines)
    this.lastWaiter = new Int16Array(lines).fill(NOBODY)
    this.#next = new Int16Array(cpus)
  }

  /** The CPU watches the line from now on, behind those who already do. */
  watch(line: number, cpu: number): void {
    const last = this.lastWaiter[line]!
    if (last === NOBODY) {
      this.#next[cpu] = cpu
    } else {
      this.#next[cpu] = this.#next[last]!
      this.#next[last] = cpu
    }
    this.lastWaiter[line] = cpu
  }

  /** Takes the CPU that has watched the line longest, or NOBODY. */
  takeWaiter(line: number): number {
    const last = this.lastWaiter[line]!
    if (last === NOBODY) return NOBODY
    const first = this.#next[last]!
    if (first === last) this.lastWaiter[line] = NOBODY
    else this.#next[last] = this.#next[first]!
    return first
  }
}

/** Which lines a CPU has copies of: as many as its second-level cache holds, each in one possible place. */
export class Copies {
  readonly #lines: Int32Array
  readonly #versions: Int32Array
  readonly #mask: number

  constructor(capacity: number) {
    this.#lines = new Int32Array(capacity).fill(-1)
    this.#versions = new Int32Array(capacity)
    this.#mask = capacity - 1
  }

  has(line: number, version: number): boolean {
    const at = line & this.#mask
    return this.#lines[at] === line && this.#versions[at] === version
  }

  put(line: number, version: number): void {
    const at = line & this.#mask
    this.#lines[at] = line
    this.#versions[at] = version
  }
}
