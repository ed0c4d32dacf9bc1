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
  #low = new Int32Array(1 << 16)
  #high = new Int32Array(1 << 16)
  #notes = new Int8Array(1 << 16)
  size = 0

  /** Where the fingerprint lies; added with `note` if it was not there: then `isNew` is true. */
  find(low: number, high: number, note: number): number {
    if (this.size * 2 > this.#low.length) this.#grow()
    const at = this.#slot(low, high)
    this.isNew = this.#low[at] === EMPTY && this.#high[at] === EMPTY
    if (this.isNew) {
      this.#low[at] = low
      this.#high[at] = high
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
    return this.#low[at] === EMPTY && this.#high[at] === EMPTY ? undefined : this.#notes[at]
  }

  noteAt(at: number): number {
    return this.#notes[at]!
  }

  setNote(at: number, note: number): void {
    this.#notes[at] = note
  }

  #slot(low: number, high: number): number {
    const mask = this.#low.length - 1
    let at = (low ^ Math.imul(high, 0x9e37_79b1)) & mask
    while (
      (this.#low[at] !== low || this.#high[at] !== high) &&
      (this.#low[at] !== EMPTY || this.#high[at] !== EMPTY)
    ) {
      at = (at + 1) & mask
    }
    return at
  }

  #grow(): void {
    const [low, high, notes] = [this.#low, this.#high, this.#notes]
    this.#low = new Int32Array(low.length * 2)
    this.#high = new Int32Array(low.length * 2)
    this.#notes = new Int8Array(low.length * 2)
    for (let from = 0; from < low.length; from += 1) {
      if (low[from] === EMPTY && high[from] === EMPTY) continue
      const to = this.#slot(low[from]!, high[from]!)
      this.#low[to] = low[from]!
      this.#high[to] = high[from]!
      this.#notes[to] = notes[from]!
    }
  }
}
