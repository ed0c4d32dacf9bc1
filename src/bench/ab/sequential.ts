import type { Comparison } from '../comparing/compare.ts'
import type { Sequential } from '../result.ts'
import { SCENARIOS } from '../scenarios/all.ts'

/** The number of interim looks before the budget is used up. */
const LOOKS = 4
/** A change within this is none, unless the scenario states another smallest effect for the figure. */
const SMALLEST_EFFECT = 0.05

/**
 * The false alarms, of all that are allowed, that looks up to a part of the budget may make: alpha is spent (Lan and DeMets 1983)
 * with the square of the part (Kim and DeMets 1987), so that early looks take little from the last one.
 */
export const spentBy = (alpha: number, part: number): number => alpha * Math.min(1, part) ** 2

/**
 * Looks at a comparison while it is measured, and ends it as soon as it is resolved. Each look may spend the alpha accumulated
 * since the one before. The increments add up to alpha, so the false-alarm rate stays below it for any test and number of looks.
 */
export class Sequence {
  readonly #alpha: number
  readonly #looks: { rounds: number; alpha: number; isResolved: boolean }[] = []
  #reached = 0

  constructor(alpha: number) {
    this.#alpha = alpha
  }

  /** Whether to stop. `part` of the budget is used; `compareAt` compares the rounds so far. */
  isOver(rounds: number, part: number, compareAt: (alpha: number) => Comparison): boolean {
    const reached = Math.min(LOOKS, Math.floor(part * LOOKS))
    if (reached <= this.#reached) return false
    const alpha = spentBy(this.#alpha, reached / LOOKS) - spentBy(this.#alpha, this.#reached / LOOKS)
    this.#reached = reached
    const isResolved = areResolved(compareAt(alpha))
    this.#looks.push({ rounds, alpha, isResolved })
    return isResolved || reached === LOOKS
  }

  /** Summarises the looks. If something else ended the comparison, the last look gets the remaining alpha. */
  end(rounds: number): Sequential {
    const last = this.#looks.at(-1)
    if (last === undefined || (!last.isResolved && last.rounds < rounds)) {
      this.#looks.push({ rounds, alpha: this.#alpha - spentBy(this.#alpha, this.#reached / LOOKS), isResolved: false })
    }
    return { alpha: this.#alpha, looks: this.#looks }
  }
}

/** Whether every deciding figure is called a change, or would have been if it had changed by the smallest effect of interest. */
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
