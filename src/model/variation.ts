import { stateAfter, stateOf } from '../workers/random.ts'

const BITS = 10
const LOGARITHMS = Array.from({ length: 1 << BITS }, (_, at) => -Math.log(1 - (at + 0.5) / (1 << BITS)))
const MEAN = LOGARITHMS.reduce((sum, value) => sum + value, 0) / LOGARITHMS.length
/** Quantiles of an exponential, less its mean. Rounded: no compiler's logarithm shows in a result. */
const EXCESS = Float64Array.from(LOGARITHMS, (value) => Math.round((value - MEAN) * 2 ** 20) / 2 ** 20)

/**
 * What makes a path of the kernel take longer one time than the next: caches, predictions, other traffic on the interconnect. Work
 * without it falls into step, and CPUs that come in turns never queue below saturation. Skewed as such times are: never much
 * shorter than usual, sometimes much longer.
 *
 * One for all CPUs, each of which has a stream of its own: their states lie next to one another, and not in an object each.
 */
export class Variation {
  readonly #coefficient: number
  readonly #states: Int32Array

  /** `coefficient`: standard deviation of a unit of work, relative to its mean; at most 1. */
  constructor(coefficient: number, seed: number, cpus: number) {
    this.#coefficient = coefficient
    this.#states = Int32Array.from({ length: cpus }, (_, cpu) => stateOf(seed * 4096 + cpu))
  }

  /** How long so many units take on that CPU, relative to the usual: each varies for itself. */
  of(units: number, cpu: number): number {
    if (this.#coefficient === 0) return 1
    const state = stateAfter(this.#states[cpu]!)
    this.#states[cpu] = state
    const excess = EXCESS[state >>> (32 - BITS)]! * this.#coefficient
    return 1 + (units > 1 ? excess / Math.sqrt(units) : excess)
  }
}
