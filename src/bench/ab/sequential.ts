import type { Comparison } from '../comparing/compare.ts'
import type { Sequential } from '../result.ts'
import { SCENARIOS } from '../scenarios/all.ts'

/** How often a budget is looked at before it is used up, and then. */
const LOOKS = 4
/** A change within this is none, unless the scenario states another smallest effect for the figure. */
const SMALLEST_EFFECT = 0.05

/**
 * The false alarms, of all that are allowed, that looks up to a part of the budget may make: alpha is spent (Lan and DeMets 1983)
 * with the square of the part (Kim and DeMets 1987), so that early looks take little from the last one.
 */
export const spentBy = (alpha: number, part: number): number => alpha * Math.min(1, part) ** 2

/**
 * Looks at a comparison while it is measured, and ends it as soon as it is resolved. Each look may use what was spent since the
 * one before: as the increments add up to alpha, no test and no number of looks makes more false alarms than that.
 */
export class Sequence {
  readonly #alpha: number
  readonly #looks: { rounds: number; alpha: number; isResolved: boolean }[] = []
  #reached = 0

  constructor(alpha: number) {
    this.#alpha = alpha
  }

  /** Whether to stop. `part` of the budget is used; `compareAt` compares what there is. */
  isOver(rounds: number, part: number, compareAt: (alpha: number) => Comparison): boolean {
    const reached = Math.min(LOOKS, Math.floor(part * LOOKS))
    if (reached <= this.#reached) return false
    const alpha = spentBy(this.#alpha, reached / LOOKS) - spentBy(this.#alpha, this.#reached / LOOKS)
    this.#reached = reached
    const isResolved = areResolved(compareAt(alpha))
    this.#looks.push({ rounds, alpha, isResolved })
    return isResolved || reached === LOOKS
  }

  /** What was looked at. Ended by something else, the last look has all that is left. */
  end(rounds: number): Sequential {
    const last = this.#looks.at(-1)
    if (last === undefined || (!last.isResolved && last.rounds < rounds)) {
      this.#looks.push({ rounds, alpha: this.#alpha - spentBy(this.#alpha, this.#reached / LOOKS), isResolved: false })
    }
    return { alpha: this.#alpha, looks: this.#looks }
  }
}

/** Every figure that decides is called a change, or would have been if it had changed by what matters. */
export function areResolved({ changes }: Pick<Comparison, 'changes'>): boolean {
  const decisive = changes.filter(({ role, sameAs }) => role === 'primary' && sameAs === null)
  return (
    decisive.length > 0 &&
    decisive.every(({ verdict, test, line, metric }) => {
      if (verdict !== 'unresolved') return true
      return test.detectable !== null && test.detectable <= smallestEffect(String(line.scenario), metric)
    })
  )
}

function smallestEffect(scenario: string, metric: string): number {
  const decides = SCENARIOS.find(({ name }) => name === scenario)?.decides
  return decides?.find((decision) => decision.metric === metric)?.smallestEffect ?? SMALLEST_EFFECT
}
