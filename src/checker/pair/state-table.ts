/** Slots from which on a table grows by doubling only. */
const LARGE = 1 << 20
const FIRST = 1 << 13
/** States that were met last, 32 KiB of them: four in five of the states that large programs meet again are among them. */
const RECENT = 1 << 12
/** States from which on a table is larger than the caches of a CPU, so that each look at it waits for memory. */
const MANY = 1 << 18

/**
 * The states met so far, by their fingerprints, in memory that another thread can look at too. Both halves of a fingerprint lie side by
 * side, and neither is ever 0: that is an empty slot. The upper bits of a hash are its slot, so a table that grows is copied from its
 * start to its end, and written so too. The states met last are kept beside it, by this thread for itself: see `isRecent`.
 */
export class StateTable {
  #halves: Int32Array
  #mask: number
  /** Of a hash of 32 bits, to its slot. */
  #shift: number
  /** Those that were met first here, not by another thread. */
  size = 0
  /** Those of them that are in the table: all but what was passed through. */
  stored = 0
  readonly #recent = new Int32Array(RECENT * 2)
  readonly #many: number
  /** Whether another thread adds states at the same time. */
  #isShared = false

  /** `many`: states from which on it is large. */
  constructor(buffer: SharedArrayBuffer = bufferFor(FIRST), many = MANY) {
    this.#many = many
    this.#halves = new Int32Array(buffer)
    this.#mask = this.#halves.length / 2 - 1
    this.#shift = Math.clz32(this.#mask)
  }

  get buffer(): SharedArrayBuffer {
    return this.#halves.buffer as SharedArrayBuffer
  }

  /** Another thread adds to it from now on. */
  share(): void {
    this.#isShared = true
  }

  /** Forgets all states and keeps the room, because writing to it costs a fraction of touching new memory. */
  clear(): void {
    this.#halves.fill(0)
    this.#recent.fill(0)
    this.size = 0
    this.stored = 0
  }

  /** Whether it should grow before more is added; `elsewhere`: the number of states stored by others. */
  isFull(elsewhere: number): boolean {
    return (this.stored + elsewhere) * 2 > this.#mask
  }

  /** Whether a state that leads to one other only is better passed through than added: see `pass`. */
  get isLarge(): boolean {
    return this.stored >= this.#many
  }

  /** Whether a state was met here a short while ago. A no says nothing. */
  isRecent(low: number, high: number): boolean {
    const at = (low & (RECENT - 1)) * 2
    return this.#recent[at] === (low || 1) && this.#recent[at + 1] === (high || 1)
  }

  #remember(low: number, high: number): void {
    const at = (low & (RECENT - 1)) * 2
    this.#recent[at] = low || 1
    this.#recent[at + 1] = high || 1
  }

  /** A state is met that is kept among the recent ones only: it is not known any more once others have taken its place. */
  pass(low: number, high: number): void {
    this.#remember(low, high)
    this.size += 1
  }

  /** Adds a state; false if it was there. */
  add(low: number, high: number): boolean {
    if (this.isRecent(low, high)) return false
    this.#remember(low, high)
    const isNew = this.#isShared ? this.#addShared(low || 1, high || 1) : this.#addAlone(low || 1, high || 1)
    if (!isNew) return false
    this.size += 1
    this.stored += 1
    return true
  }

  #addAlone(low: number, high: number): boolean {
    if (this.isFull(0)) this.grow()
    const at = this.#slotOf(low, high)
    if (this.#halves[at] !== 0) return false
    this.#halves[at] = low
    this.#halves[at + 1] = high
    return true
  }

  /** The slot of a state, or the free one for it: the index of its first half. */
  #slotOf(low: number, high: number): number {
    const halves = this.#halves
    const mask = this.#mask
    let slot = (low ^ Math.imul(high, 0x9e37_79b1)) >>> this.#shift
    for (;;) {
      const at = slot * 2
      const itsLow = halves[at]!
      if (itsLow === 0 || (itsLow === low && halves[at + 1] === high)) return at
      slot = (slot + 1) & mask
    }
  }

  has(low: number, high: number): boolean {
    if (this.isRecent(low, high)) return true
    const at = this.#slotOf(low || 1, high || 1)
    if (this.#halves[at] === 0) return false
    // Makes everything visible that the other thread wrote before it added the state.
    return !this.#isShared || Atomics.load(this.#halves, at) !== 0
  }

  /** The first half claims a slot; a thread that finds the same half there waits for the second. */
  #addShared(low: number, high: number): boolean {
    const halves = this.#halves
    const mask = this.#mask
    for (let slot = (low ^ Math.imul(high, 0x9e37_79b1)) >>> this.#shift; ; slot = (slot + 1) & mask) {
      const at = slot * 2
      const itsLow = Atomics.compareExchange(halves, at, 0, low)
      if (itsLow === 0) {
        Atomics.store(halves, at + 1, high)
        return true
      }
      if (itsLow !== low) continue
      let itsHigh = Atomics.load(halves, at + 1)
      while (itsHigh === 0) itsHigh = Atomics.load(halves, at + 1)
      if (itsHigh === high) return false
    }
  }

  /** Into more room; no other thread may look at it meanwhile. */
  grow(): void {
    const halves = this.#halves
    const slots = this.#mask + 1
    this.adopt(bufferFor(slots * (slots < LARGE ? 4 : 2)))
    for (let at = 0; at < halves.length; at += 2) {
      const low = halves[at]!
      if (low === 0) continue
      const to = this.#slotOf(low, halves[at + 1]!)
      this.#halves[to] = low
      this.#halves[to + 1] = halves[at + 1]!
    }
  }

  /** The states are in another place now. */
  adopt(buffer: SharedArrayBuffer): void {
    this.#halves = new Int32Array(buffer)
    this.#mask = this.#halves.length / 2 - 1
    this.#shift = Math.clz32(this.#mask)
  }
}

const bufferFor = (slots: number) => new SharedArrayBuffer(slots * 2 * Int32Array.BYTES_PER_ELEMENT)
