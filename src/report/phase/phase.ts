import { findingOf } from '../../bench/answers/finding.ts'
import { METRICS } from '../../bench/metrics.ts'
import type { Run } from '../../bench/result.ts'
import type { Decision } from '../../bench/scenario.ts'

/** sure: the best differs from the next by more than matters. same: they are shown to be alike. unsure: neither. */
export type Certainty = 'sure' | 'unsure' | 'same'

export type Cell = {
  /** Index of the best variant. */
  readonly winner: number
  readonly certainty: Certainty
  /** Its figure, as a multiple of that of the next best; null where that is 0. */
  readonly ratio: number | null
}

/** Which variant wins where, over two parameters. */
export type PhaseDiagram = {
  readonly x: string
  readonly y: string
  readonly xs: readonly (string | number)[]
  /** The largest first, as on a map. */
  readonly ys: readonly (string | number)[]
  readonly variants: readonly string[]
  readonly decision: Decision
  /** By row and column; undefined: the sweep has no such point, or it has no figures. */
  readonly cells: readonly (readonly (Cell | undefined)[])[]
}

/** The map of one deciding figure, if the groups are a sweep over exactly these two parameters and the figure has a better side. */
export function phaseOf(
  groups: readonly (readonly Run[])[],
  varied: readonly string[],
  decision: Decision,
): PhaseDiagram | undefined {
  const [x, y, ...others] = varied
  const variants = [...new Set(groups.flatMap((runs) => runs.map(({ variant }) => variant)))]
  if (x === undefined || y === undefined || others.length > 0 || variants.length < 2) return undefined
  if (METRICS[decision.metric].better === null) return undefined
  const xs = valuesOf(groups, x)
  const ys = valuesOf(groups, y).reverse()
  if (xs.length < 2 || ys.length < 2) return undefined
  const byPlace = new Map(groups.map((runs) => [placeOf(runs[0]!.params[x], runs[0]!.params[y]), runs]))
  const cells = ys.map((down) =>
    xs.map((across) => cellOf(byPlace.get(placeOf(across, down)) ?? [], variants, decision)),
  )
  return cells.flat().every((cell) => cell === undefined) ? undefined : { x, y, xs, ys, variants, decision, cells }
}

const placeOf = (...values: readonly unknown[]) => JSON.stringify(values)

/** Numbers by size; words in the order of the plan. */
function valuesOf(groups: readonly (readonly Run[])[], name: string): (string | number)[] {
  const values = [...new Set(groups.map(([run]) => run!.params[name]!))]
  const areNumbers = values.every((value) => Number.isFinite(Number(value)))
  return areNumbers ? values.sort((a, b) => Number(a) - Number(b)) : values
}

function cellOf(runs: readonly Run[], variants: readonly string[], decision: Decision): Cell | undefined {
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
  return {
    winner: variants.indexOf(best.run.variant),
    certainty,
    ratio: next.value === 0 ? null : best.value / next.value,
  }
}

/** Whether the frontier runs between two neighbours: different variants win there, or on one side none does. */
export function isFrontier(one: Cell | undefined, other: Cell | undefined): boolean {
  if (one === undefined || other === undefined) return false
  const regionOf = ({ winner, certainty }: Cell) => (certainty === 'same' ? -1 : winner)
  return regionOf(one) !== regionOf(other)
}
