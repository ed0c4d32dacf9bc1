/** Slots from which on a table grows by doubling only. */
const LARGE = 1 << 20
const FIRST = 1 << 13

/**
 * The states met so far, by their fingerprints, in memory that another thread can look at too. Both halves of a fingerprint lie side by
 * side, and neither is ever 0: that is an empty slot. The upper bits of a hash are its slot, so a table that grows is copied from its
 * start to its end, and written so too.
 */
export class StateTable {
  #halves: Int32Array
  #mask: number
  /** Of a hash of 32 bits, to its slot. */
  #shift: number
  /** Those that were added here, not by another thread. */
  size = 0
  /** Whether another thread adds states at the same time. */
  #isShared = false

  constructor(buffer: SharedArrayBuffer = bufferFor(FIRST)) {
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
    this.size = 0
  }

  /** Whether it should grow before more is added; `elsewhere`: the number of states added by others. */
  isFull(elsewhere: number): boolean {
    return (this.size + elsewhere) * 2 > this.#mask
  }

  /** Adds a state; false if it was there. */
  add(low: number, high: number): boolean {
    const isNew = this.#isShared ? this.#addShared(low || 1, high || 1) : this.#addAlone(low || 1, high || 1)
    if (isNew) this.size += 1
    return isNew
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
