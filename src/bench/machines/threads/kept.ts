import type { Group, PlannedTrial } from '../../plan.ts'
import type { Violation } from '../../trial.ts'
import { type Conditions, KeptTrials, type Measured } from './trial.ts'

/** The workers that trials of one start share, by variant, parked between its trials. */
export class KeptWorkers {
  #start = 0
  readonly #trials = new Map<string, { readonly variant: number; readonly trials: KeptTrials }>()

  /** A trial with the workers that its start has, or gets now. */
  async measured(group: Group, planned: PlannedTrial, conditions: Conditions): Promise<Measured> {
    const { variant, purpose } = planned
    const key = `${purpose} ${variant}`
    const kept = this.#trials.get(key) ?? { variant, trials: new KeptTrials(group, planned, conditions) }
    this.#trials.set(key, kept)
    return await kept.trials.measured()
  }

  /** Whether a trial is of another start than the workers that there are. */
  isOver({ start }: PlannedTrial): boolean {
    return start !== undefined && start !== this.#start
  }

  /** Lets the workers go, before those of another start; gives what they violated after their last trial, by variant. */
  async end(next = 0): Promise<readonly (readonly [variant: number, violations: readonly Violation[]])[]> {
    this.#start = next
    const ending = [...this.#trials.values()]
    this.#trials.clear()
    const all = await Promise.allSettled(ending.map(({ trials }) => trials.end()))
    return all.map((one, at) => {
      if (one.status === 'rejected') throw one.reason
      return [ending[at]!.variant, one.value]
    })
  }
}
