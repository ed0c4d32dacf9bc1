import { METRICS } from '../metrics.ts'
import type { Run } from '../result.ts'
import type { Scenario } from '../scenario.ts'
import { type Cell, cellOf, isFrontier } from './cell.ts'

/** The position of a load in a sweep: its value of each swept parameter. */
export type Point = readonly string[]

/** A load of a sweep, with its runs. Loads of one family differ in swept parameters only. */
export type Spot = {
  readonly family: number
  readonly at: Point
  readonly scenario: Scenario
  readonly runs: readonly Run[]
}

/** Two neighbours of a sweep between which the frontier runs, and how many points may be spent to narrow that. */
export type Bracket = {
  readonly family: number
  /** The only parameter in which the two differ. */
  readonly axis: number
  readonly low: Point
  readonly high: Point
  /** Only whole numbers were swept, and only such are tried. */
  readonly areWhole: boolean
  readonly most: number
  readonly cellOf: (runs: readonly Run[]) => Cell | undefined
}

/** A parameter that does not change the question, and so has no frontier. */
const NO_AXIS = ['seed']

/**
 * Every pair of neighbours with the frontier between them, along each parameter that has only numbers, in the order of the plan. The
 * points are dealt out one by one, to each pair as many as there is room for.
 */
export function bracketsOf(names: readonly string[], spots: readonly Spot[], most: number): Bracket[] {
  const families = [...new Set(spots.map(({ family }) => family))]
  const found = families.flatMap((family) => {
    const own = spots.filter((spot) => spot.family === family)
    const axes = names.flatMap((name, axis) => (NO_AXIS.includes(name) ? [] : axisOf(own, axis)))
    // The first of the deciding figures that has a frontier: the claim stands first.
    for (const decision of own[0]!.scenario.decides) {
      if (METRICS[decision.metric].better === null) continue
      const brackets = pairsOf(own, axes, (runs) => cellOf(runs, decision))
      if (brackets.length > 0) return brackets
    }
    return []
  })
  const shares = dealt(found.map(roomIn), most)
  return found.map((bracket, index) => ({ ...bracket, most: shares[index]! }))
}

type Axis = { readonly axis: number; readonly values: readonly string[]; readonly areWhole: boolean }

/** Its values by size; none if one of them is no number. */
function axisOf(spots: readonly Spot[], axis: number): Axis[] {
  const values = [...new Set(spots.map(({ at }) => at[axis]!))]
  if (values.length < 2 || values.some((value) => !/^-?[\d.]+(e-?\d+)?$/i.test(value))) return []
  const areWhole = values.every((value) => Number.isInteger(Number(value)))
  return [{ axis, values: values.sort((a, b) => Number(a) - Number(b)), areWhole }]
}

function pairsOf(spots: readonly Spot[], axes: readonly Axis[], cell: Bracket['cellOf']): Bracket[] {
  const byPoint = new Map(spots.map((spot) => [JSON.stringify(spot.at), cell(spot.runs)]))
  return spots.flatMap(({ family, at }) =>
    axes.flatMap(({ axis, values, areWhole }): Bracket[] => {
      const next = values[values.indexOf(at[axis]!) + 1]
      if (next === undefined) return []
      const high = at.with(axis, next)
      if (!isFrontier(byPoint.get(JSON.stringify(at)), byPoint.get(JSON.stringify(high)))) return []
      return [{ family, axis, low: at, high, areWhole, most: 0, cellOf: cell }]
    }),
  )
}

/** Points that there are between the two. */
const roomIn = ({ axis, low, high, areWhole }: Bracket) =>
  areWhole ? Number(high[axis]) - Number(low[axis]) - 1 : Number.POSITIVE_INFINITY

function dealt(rooms: readonly number[], most: number): number[] {
  const shares = rooms.map(() => 0)
  for (let left = most; left > 0; ) {
    const open = [...rooms.keys()].filter((index) => shares[index]! < rooms[index]!).slice(0, left)
    if (open.length === 0) break
    for (const index of open) shares[index] = shares[index]! + 1
    left -= open.length
  }
  return shares
}

/** Ends that are further apart than this are halved by their ratio, as in a list of 10, 100, 1000. */
const FAR_APART = 4
/** Digits of a point between two that are no whole numbers. */
const DIGITS = 6

/** The point in the middle, in whole numbers where only those are swept; undefined where there is none left. */
export function middle({ axis, areWhole }: Bracket, low: Point, high: Point): Point | undefined {
  const [from, to] = [Number(low[axis]), Number(high[axis])]
  const value = from > 0 && to / from >= FAR_APART ? Math.sqrt(from * to) : (from + to) / 2
  const rounded = areWhole ? Math.round(value) : Number(value.toPrecision(DIGITS))
  return rounded > from && rounded < to ? low.with(axis, String(rounded)) : undefined
}

/** The next point of a bracket, in the middle of the remaining interval; undefined at its end. */
export function nextIn(
  bracket: Bracket,
  ends: readonly [Cell, Cell],
  done: readonly (readonly Run[])[],
): Point | undefined {
  let { low, high } = bracket
  let [below, above]: readonly (Cell | undefined)[] = ends
  for (const runs of done) {
    const cell = bracket.cellOf(runs)
    const tried = middle(bracket, low, high)!
    if (isFrontier(below, cell)) [high, above] = [tried, cell]
    else if (isFrontier(cell, above)) [low, below] = [tried, cell]
    else return undefined
  }
  return done.length < bracket.most ? middle(bracket, low, high) : undefined
}
