import { type Cell, cellOf } from '../../bench/frontier/cell.ts'
import { METRICS } from '../../bench/metrics.ts'
import type { Run } from '../../bench/result.ts'
import type { Decision } from '../../bench/scenario.ts'

/** The winning variant by two parameters. */
export type PhaseDiagram = {
  readonly x: string
  readonly y: string
  readonly xs: readonly (string | number)[]
  /** The largest first, as on a map. */
  readonly ys: readonly (string | number)[]
  readonly variants: readonly string[]
  readonly decision: Decision
  /** Lines of the sweep itself: a refinement adds points between them. */
  readonly swept: { readonly columns: readonly number[]; readonly rows: readonly number[] }
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
  const cells = ys.map((down) => xs.map((across) => cellOf(byPlace.get(placeOf(across, down)) ?? [], decision)))
  if (cells.flat().every((cell) => cell === undefined)) return undefined
  const params = groups.map(([run]) => run!.params)
  const swept = {
    columns: indicesOf(xs, sweptValues(params, x, y)),
    rows: indicesOf(ys, sweptValues(params, y, x)),
  }
  return { x, y, xs, ys, variants, decision, swept, cells }
}

const indicesOf = <T>(all: readonly T[], some: ReadonlySet<T>) =>
  [...all.keys()].filter((index) => some.has(all[index]!))

/** Values of a parameter with at least half as many loads as the sweep has of the other one; those of a refinement have a few. */
function sweptValues(params: readonly Run['params'][], name: string, other: string): ReadonlySet<string | number> {
  const across = new Set(params.slice(0, productLength(params, name, other)).map((each) => each[other]!)).size
  const counts = new Map<string | number, number>()
  for (const each of params) counts.set(each[name]!, (counts.get(each[name]!) ?? 0) + 1)
  return new Set([...counts].flatMap(([value, count]) => (count * 2 >= across ? [value] : [])))
}

/** How many of the first loads form the complete product of their values: the sweep comes first. */
function productLength(params: readonly Run['params'][], x: string, y: string): number {
  const [xs, ys] = [new Set(), new Set()]
  let length = 0
  for (const [index, each] of params.entries()) {
    xs.add(each[x])
    ys.add(each[y])
    if (xs.size * ys.size === index + 1) length = index + 1
  }
  return length
}

const placeOf = (...values: readonly unknown[]) => JSON.stringify(values)

/** Numbers by size; words in the order of the plan. */
function valuesOf(groups: readonly (readonly Run[])[], name: string): (string | number)[] {
  const values = [...new Set(groups.map(([run]) => run!.params[name]!))]
  const areNumbers = values.every((value) => Number.isFinite(Number(value)))
  return areNumbers ? values.sort((a, b) => Number(a) - Number(b)) : values
}
