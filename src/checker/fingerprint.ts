// A state's fingerprint is the exclusive or of one number for each of its parts, so that a change costs two of them. Two
// independent numbers of 32 bits: with 10 million states the chance that any two are confused is below 1 in 300,000.

export function mixLow(place: number, value: number): number {
  let h = Math.imul(place + 0x7f4a_7c15, 0x9e37_79b1) ^ Math.imul(value ^ 0x3c6e_f372, 0x85eb_ca6b)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b_3c6d)
  h = Math.imul(h ^ (h >>> 12), 0x297a_2d39)
  return h ^ (h >>> 15)
}

export function mixHigh(place: number, value: number): number {
  let h = Math.imul(place ^ 0x1656_67b1, 0xc2b2_ae35) + Math.imul(value + 0x27d4_eb2f, 0x1656_67b1)
  h = Math.imul(h ^ (h >>> 16), 0x7feb_352d)
  h = Math.imul(h ^ (h >>> 15), 0x846c_a68b)
  return h ^ (h >>> 16)
}

/** A text as one number, and as another that is independent of it. */
export const lowOf = (text: string): number => mixedText(text, mixLow)
export const highOf = (text: string): number => mixedText(text, mixHigh)

function mixedText(text: string, mix: (place: number, value: number) => number): number {
  let mixed = text.length
  for (let at = 0; at < text.length; at += 1) mixed = mix(mixed, text.charCodeAt(at))
  return mixed
}

const EMPTY = 0
const FIRST = 1 << 13

/** The fingerprints met so far. The upper bits of a hash are its slot, so a table that grows is copied and written from start to end. */
export class Fingerprints {
  /** Both halves of each, side by side: one look at memory. */
  #halves = new Int32Array(2 * FIRST)
  #slots = FIRST
  size = 0

  /** The index of the fingerprint. A missing one is added: then `isNew` is true. */
  find(low: number, high: number): number {
    if (this.size * 2 > this.#slots) this.#grow()
    const at = this.slotOf(low, high)
    this.isNew = this.isEmpty(at)
    if (this.isNew) {
      this.#halves[at * 2] = low
      this.#halves[at * 2 + 1] = high
      this.size += 1
    }
    return at
  }

  /** Forgets all fingerprints and keeps the room, because writing to it costs a fraction of touching new memory. */
  clear(): void {
    this.#halves.fill(EMPTY)
    this.size = 0
  }

  has(low: number, high: number): boolean {
    return !this.isEmpty(this.slotOf(low, high))
  }

  /** Whether the last `find` added its fingerprint. */
  isNew = false

  protected isEmpty(at: number): boolean {
    return this.#halves[at * 2] === EMPTY && this.#halves[at * 2 + 1] === EMPTY
  }

  protected slotOf(low: number, high: number): number {
    const halves = this.#halves
    const mask = this.#slots - 1
    let at = (low ^ Math.imul(high, 0x9e37_79b1)) >>> Math.clz32(mask)
    for (;;) {
      const itsLow = halves[at * 2]!
      const itsHigh = halves[at * 2 + 1]!
      if ((itsLow === low && itsHigh === high) || (itsLow === EMPTY && itsHigh === EMPTY)) return at
      at = (at + 1) & mask
    }
  }

  /** The number of slots from now on; then where each fingerprint was, and where it is. */
  protected moved(_slots: number): (from: number, to: number) => void {
    return () => {}
  }

  #grow(): void {
    const halves = this.#halves
    const slots = this.#slots
    this.#slots *= slots < LARGE ? 4 : 2
    this.#halves = new Int32Array(this.#slots * 2)
    const move = this.moved(this.#slots)
    for (let from = 0; from < slots; from += 1) {
      const low = halves[from * 2]!
      const high = halves[from * 2 + 1]!
      if (low === EMPTY && high === EMPTY) continue
      const to = this.slotOf(low, high)
      this.#halves[to * 2] = low
      this.#halves[to * 2 + 1] = high
      move(from, to)
    }
  }
}

/** Fingerprints with a small number each that says more about it. */
export class NotedFingerprints extends Fingerprints {
  #notes = new Int8Array(FIRST)

  /** As `find`; a new one gets the note. */
  findNoted(low: number, high: number, note: number): number {
    const at = this.find(low, high)
    if (this.isNew) this.#notes[at] = note
    return at
  }

  /** The note on a fingerprint; undefined if it has not been met. */
  noteOf(low: number, high: number): number | undefined {
    const at = this.slotOf(low, high)
    return this.isEmpty(at) ? undefined : this.#notes[at]
  }

  noteAt(at: number): number {
    return this.#notes[at]!
  }

  setNote(at: number, note: number): void {
    this.#notes[at] = note
  }

  protected override moved(slots: number): (from: number, to: number) => void {
    const notes = this.#notes
    this.#notes = new Int8Array(slots)
    return (from, to) => {
      this.#notes[to] = notes[from]!
    }
  }
}

/** The states that the way here leads through, roughly: how many of them have a hash that ends so. */
export class OnTheWay {
  readonly #counts = new Uint16Array(MASK + 1)

  enter(hash: number): void {
    this.#counts[hash & MASK]! += 1
  }

  leave(hash: number): void {
    this.#counts[hash & MASK]! -= 1
  }

  /** False: the way does not lead through it. */
  mayHave(hash: number): boolean {
    return this.#counts[hash & MASK] !== 0
  }

  clear(): void {
    this.#counts.fill(0)
  }
}

const MASK = (1 << 15) - 1
/** Slots from which on a table grows by doubling only. */
const LARGE = 1 << 20
