import { SampleRate } from '../workers/sample-rate.ts'

/** From here on two clock readings take less than a twentieth of a hold, and every hold is timed. */
const LONG_NS = 2000
/** Of shorter holds, one in this number is timed on average, or fewer if they are frequent. */
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
  readonly #rates: readonly SampleRate[]
  /** From one timed hold to the next. */
  readonly #strides: Int32Array

  constructor({ untimed, chosen }: Untimed, seed: number) {
    this.#untimed = untimed
    this.#chosen = chosen
    this.#averageNs = new Float64Array(untimed.length)
    this.#strides = new Int32Array(untimed.length).fill(1)
    this.#rates = Array.from(untimed, (_, place) => new SampleRate(ONE_IN, seed * untimed.length + place))
  }

  /** A timed hold. */
  took(place: number, beganNs: number, endedNs: number): void {
    const averageNs = this.#averageNs[place]! + (endedNs - beganNs - this.#averageNs[place]!) * WEIGHT
    this.#averageNs[place] = averageNs
    const next = this.#rates[place]!.next(this.#strides[place]!, beganNs)
    const stride = averageNs >= LONG_NS ? 1 : next
    this.#strides[place] = stride
    this.#untimed[place] = stride - 1
    this.#chosen[place] = stride - 1
  }
}
