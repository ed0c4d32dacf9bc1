const COUNTS = 1 << 15
const LENGTH = (COUNTS * Uint16Array.BYTES_PER_ELEMENT) / Int32Array.BYTES_PER_ELEMENT
const FIRST = LENGTH + 1

/**
 * The states that are still being explored, such as those on the way here, the first at the bottom. Another thread may ask for one: as long
 * as a state is open it stays where it is, so that the answer is never a wrong no.
 */
export class OpenStates {
  #words: Int32Array
  /** The number of states whose fingerprint ends with these bits: answers most queries. */
  #counts: Uint16Array

  constructor(buffer: SharedArrayBuffer = bufferFor(1024)) {
    this.#words = new Int32Array(buffer)
    this.#counts = new Uint16Array(buffer, 0, COUNTS)
  }

  get length(): number {
    return this.#words[LENGTH]!
  }

  push(low: number, high: number): void {
    const { length } = this
    const at = FIRST + length * 2
    if (at + 1 >= this.#words.length) this.reserve(length * 2)
    this.#words[at] = low
    this.#words[at + 1] = high
    this.#counts[low & (COUNTS - 1)]! += 1
    this.#words[LENGTH] = length + 1
  }

  pop(): void {
    const length = this.length - 1
    this.#words[LENGTH] = length
    this.#counts[this.#words[FIRST + length * 2]! & (COUNTS - 1)]! -= 1
  }

  has(low: number, high: number): boolean {
    if (this.#counts[low & (COUNTS - 1)] === 0) return false
    const words = this.#words
    for (let at = FIRST + Atomics.load(words, LENGTH) * 2 - 2; at >= FIRST; at -= 2) {
      if (words[at] === low && words[at + 1] === high) return true
    }
    return false
  }

  clear(): void {
    while (this.length > 0) this.pop()
  }

  /** Only these: the first of another. */
  takeFirstOf(other: OpenStates, length: number): void {
    this.clear()
    for (let at = FIRST; at < FIRST + length * 2; at += 2) this.push(other.#words[at]!, other.#words[at + 1]!)
  }

  /** Room for so many, in memory that another thread can be given. */
  reserve(length: number): SharedArrayBuffer {
    const buffer = bufferFor(length)
    const words = new Int32Array(buffer)
    words.set(this.#words.subarray(0, FIRST + this.length * 2))
    this.#words = words
    this.#counts = new Uint16Array(buffer, 0, COUNTS)
    return buffer
  }
}

const bufferFor = (length: number) => new SharedArrayBuffer((FIRST + length * 2) * Int32Array.BYTES_PER_ELEMENT)
