import { findingOf } from '../answers/finding.ts'
import { METRICS } from '../metrics.ts'
import type { Run } from '../result.ts'
import type { Decision } from '../scenario.ts'

/** sure: the best differs from the next by more than matters. same: they are shown to be alike. unsure: neither. */
type Certainty = 'sure' | 'unsure' | 'same'

/** The best variant at one load. */
export type Cell = {
  readonly winner: string
  readonly certainty: Certainty
  /** Its figure, as a multiple of that of the next best; null where that is 0. */
  readonly ratio: number | null
}

/** Undefined: there are not two variants with that figure. */
export function cellOf(runs: readonly Run[], decision: Decision): Cell | undefined {
  const { metric } = decision
  const isHigherBetter = METRICS[metric].better === 'higher'
  const ranked = runs
    .filter(({ metrics }) => metrics[metric] !== undefined)
    .map((run) => ({ run, value: run.metrics[metric]!.median }))
    .sort((a, b) => (isHigherBetter ? b.value - a.value : a.value - b.value))
  const [best, next] = ranked
  if (best === undefined || next === undefined) return undefined
  // The baseline of the plan stays the baseline: its noise is known.
  const pair = runs.filter((run) => run === best.run || run === next.run) as [Run, Run]
  const { verdict } = findingOf(pair[0], pair[1], decision)
  if (verdict === 'missing') return undefined
  const certainty =
    verdict === 'same' || best.value === next.value ? 'same' : verdict === 'unresolved' ? 'unsure' : 'sure'
  return { winner: best.run.variant, certainty, ratio: next.value === 0 ? null : best.value / next.value }
}

/** Whether the frontier runs between two loads: different variants win there, or one side has no winner. */
export function isFrontier(one: Cell | undefined, other: Cell | undefined): boolean {
  if (one === undefined || other === undefined) return false
  const regionOf = ({ winner, certainty }: Cell) => (certainty === 'same' ? undefined : winner)
  return regionOf(one) !== regionOf(other)
}
