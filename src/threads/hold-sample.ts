/** From here on two clock readings take less than a twentieth of a hold, and every hold is timed. */
const LONG_NS = 2000
/** Of shorter holds, one in this number is timed on average. */
const ONE_IN = 16
/** The weight of the latest hold in the average. */
const WEIGHT = 1 / 8

/** By lock and side: how many of the next holds are not timed, and how many these were when they were last counted. */
export type Untimed = { readonly untimed: Int32Array; readonly chosen: Int32Array }

/**
 * Decides which holds of each lock and side are timed, by the duration of earlier holds and at random, never by the hold
 * itself: so the timed holds represent all of them.
 */
export class HoldSample {
  readonly #untimed: Int32Array
  readonly #chosen: Int32Array
  readonly #averageNs: Float64Array
  #seed: number

  constructor({ untimed, chosen }: Untimed, seed: number) {
    this.#untimed = untimed
    this.#chosen = chosen
    this.#averageNs = new Float64Array(untimed.length)
    this.#seed = Math.imul(seed + 1, 0x9e37_79b1) | 1
  }

  /** The duration of a timed hold. */
  took(place: number, ns: number): void {
    const averageNs = this.#averageNs[place]! + (ns - this.#averageNs[place]!) * WEIGHT
    this.#averageNs[place] = averageNs
    this.#untimed[place] = averageNs >= LONG_NS ? 0 : this.#next() % (2 * ONE_IN - 1)
    this.#chosen[place] = this.#untimed[place]!
  }

  /** xorshift32 */
  #next(): number {
    this.#seed ^= this.#seed << 13
    this.#seed ^= this.#seed >>> 17
    this.#seed ^= this.#seed << 5
    return this.#seed >>> 0
  }
}
