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

const EMPTY = 0

/** The fingerprints met so far, each with a small number that says more about it. */
export class Fingerprints {
  /** Both halves of each, side by side: one look at memory. */
  #halves = new Int32Array(2 << 16)
  #notes = new Int8Array(1 << 16)
  size = 0

  /** Where the fingerprint lies; added with `note` if it was not there: then `isNew` is true. */
  find(low: number, high: number, note: number): number {
    if (this.size * 2 > this.#notes.length) this.#grow()
    const at = this.#slot(low, high)
    this.isNew = this.#isEmpty(at)
    if (this.isNew) {
      this.#halves[at * 2] = low
      this.#halves[at * 2 + 1] = high
      this.#notes[at] = note
      this.size += 1
    }
    return at
  }

  /** Whether the fingerprint that was asked for last had not been met before. */
  isNew = false

  /** The note on a fingerprint; undefined if it has not been met. */
  noteOf(low: number, high: number): number | undefined {
    const at = this.#slot(low, high)
    return this.#isEmpty(at) ? undefined : this.#notes[at]
  }

  noteAt(at: number): number {
    return this.#notes[at]!
  }

  setNote(at: number, note: number): void {
    this.#notes[at] = note
  }

  #isEmpty(at: number): boolean {
    return this.#halves[at * 2] === EMPTY && this.#halves[at * 2 + 1] === EMPTY
  }

  #slot(low: number, high: number): number {
    const halves = this.#halves
    const mask = this.#notes.length - 1
    let at = (low ^ Math.imul(high, 0x9e37_79b1)) & mask
    for (;;) {
      const itsLow = halves[at * 2]!
      const itsHigh = halves[at * 2 + 1]!
      if ((itsLow === low && itsHigh === high) || (itsLow === EMPTY && itsHigh === EMPTY)) return at
      at = (at + 1) & mask
    }
  }

  #grow(): void {
    const [halves, notes] = [this.#halves, this.#notes]
    this.#halves = new Int32Array(halves.length * 2)
    this.#notes = new Int8Array(notes.length * 2)
    for (let from = 0; from < notes.length; from += 1) {
      const low = halves[from * 2]!
      const high = halves[from * 2 + 1]!
      if (low === EMPTY && high === EMPTY) continue
      const to = this.#slot(low, high)
      this.#halves[to * 2] = low
      this.#halves[to * 2 + 1] = high
      this.#notes[to] = notes[from]!
    }
  }
}
