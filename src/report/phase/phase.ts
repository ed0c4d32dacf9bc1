import { type Cell, cellOf } from '../../bench/frontier/cell.ts'
import { METRICS } from '../../bench/metrics.ts'
import type { Run } from '../../bench/result.ts'
import type { Decision } from '../../bench/scenario.ts'
import { axisOf, type SweptAxis, valueAt } from '../sweep-axes.ts'

type Groups = readonly (readonly Run[])[]

/** The winning variant by two parameters. */
export type PhaseDiagram = {
  readonly x: SweptAxis
  /** Numbers with the largest first, as on a map. */
  readonly y: SweptAxis
  /** The value of the third parameter, if three were swept. */
  readonly at: string | undefined
  readonly variants: readonly string[]
  readonly decision: Decision
  /** Lines of the sweep itself: a refinement adds points between them. */
  readonly swept: { readonly columns: readonly number[]; readonly rows: readonly number[] }
  /** By row and column; undefined: the sweep has no such point, or it has no figures. */
  readonly cells: readonly (readonly (Cell | undefined)[])[]
}

/** Two parameters have one map of a deciding figure with a better side; three have one for each value of that with the fewest. */
export function phasesOf(groups: Groups, varied: readonly string[], decision: Decision): PhaseDiagram[] {
  if (METRICS[decision.metric].better === null || varied.length < 2 || varied.length > 3) return []
  const axes = varied.map((name) => axisOf(groups, name)).toSorted((a, b) => Number(b.isOrdered) - Number(a.isOrdered))
  if (axes.length === 2) return phaseOf(groups, [axes[0]!, axes[1]!], decision)
  // Among equally short axes the one with names: the map keeps those with an order.
  const slices = axes.toReversed().toSorted((a, b) => a.values.length - b.values.length)[0]!
  const [x, y] = axes.filter((axis) => axis !== slices) as [SweptAxis, SweptAxis]
  return slices.values.flatMap((value) => {
    const own = groups.filter(([run]) => valueAt(run!, slices.name) === value)
    return phaseOf(own, [axisOf(own, x.name), axisOf(own, y.name)], decision, `${slices.name} ${value}`)
  })
}

function phaseOf(
  groups: Groups,
  [x, upwards]: readonly [SweptAxis, SweptAxis],
  decision: Decision,
  at?: string,
): PhaseDiagram[] {
  const variants = [...new Set(groups.flatMap((runs) => runs.map(({ variant }) => variant)))]
  if (variants.length < 2 || x.values.length < 2 || upwards.values.length < 2) return []
  const y = upwards.isOrdered ? { ...upwards, values: upwards.values.toReversed() } : upwards
  const byPlace = new Map(groups.map((runs) => [placeOf(valueAt(runs[0]!, x.name), valueAt(runs[0]!, y.name)), runs]))
  const cells = y.values.map((down) =>
    x.values.map((across) => cellOf(byPlace.get(placeOf(across, down)) ?? [], decision)),
  )
  if (cells.flat().every((cell) => cell === undefined)) return []
  const places = groups.map(([run]) => [valueAt(run!, x.name), valueAt(run!, y.name)] as const)
  const swept = {
    columns: indicesOf(x.values, sweptValues(places, 0)),
    rows: indicesOf(y.values, sweptValues(places, 1)),
  }
  return [{ x, y, at, variants, decision, swept, cells }]
}

type Value = string | number
type Place = readonly [across: Value, down: Value]

const indicesOf = (all: readonly Value[], some: ReadonlySet<Value>) =>
  [...all.keys()].filter((index) => some.has(all[index]!))

/** Values of a parameter with at least half as many loads as the sweep has of the other one; those of a refinement have a few. */
function sweptValues(places: readonly Place[], axis: 0 | 1): ReadonlySet<Value> {
  const across = new Set(places.slice(0, productLength(places)).map((place) => place[1 - axis]!)).size
  const counts = new Map<Value, number>()
  for (const place of places) counts.set(place[axis], (counts.get(place[axis]) ?? 0) + 1)
  return new Set([...counts].flatMap(([value, count]) => (count * 2 >= across ? [value] : [])))
}

/** How many of the first loads form the complete product of their values: the sweep comes first. */
function productLength(places: readonly Place[]): number {
  const [xs, ys] = [new Set(), new Set()]
  let length = 0
  for (const [index, [across, down]] of places.entries()) {
    xs.add(across)
    ys.add(down)
    if (xs.size * ys.size === index + 1) length = index + 1
  }
  return length
}

const placeOf = (...values: readonly unknown[]) => JSON.stringify(values)
