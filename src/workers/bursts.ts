import { Random } from './random.ts'

/** Bursts of accesses, at random times: the same for all vCPUs with the same seed. */
export type BurstPlan = {
  /** Accesses of each vCPU in a burst; then it halts until the next one. */
  readonly accesses: number
  /** From the beginning of one to that of the next, on average; exponentially distributed. */
  readonly everyNs: number
  readonly seed: number
}

/** At the beginning of the next burst, or at once. */
const AT_ONCE = -1

/** When the accesses of a vCPU that works in bursts are due. */
export class Bursts {
  readonly #plan: BurstPlan
  readonly #random: Random
  #left = 0
  #beginsNs = 0

  constructor(plan: BurstPlan) {
    this.#plan = plan
    this.#random = new Random(plan.seed)
  }

  /** When the next access is due on the run's clock; -1: as soon as the one before is done. */
  nextDueNs(): number {
    if (this.#left > 0) {
      this.#left -= 1
      return AT_ONCE
    }
    this.#left = this.#plan.accesses - 1
    // Whole ns: no compiler's logarithm shows in a result.
    this.#beginsNs += Math.round(-Math.log((this.#random.next() + 1) / 2 ** 32) * this.#plan.everyNs)
    return this.#beginsNs
  }
}
