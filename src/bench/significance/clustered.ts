import { withoutSpikes } from './spikes.ts'
import { studentTail } from './student.ts'

/**
 * The share of the variance of pairs that lies between starts of the workers, at least: fewer starts than that show it are no
 * evidence that there is none. Measured, it was 0.03 and 0.06 (docs/performance.md, "Kept workers").
 */
const LEAST_SHARE = 0.06

/** How much less values say because some of them share a start of their workers. */
export type Clusters = {
  /** The factor by which the variance of the mean exceeds that of as many independent values (design effect, Kish 1965). */
  readonly effect: number
  /** Of the estimate of that variance. */
  readonly freedom: number
}

/** Of which start a value is; undefined: of one of its own. */
export type Starts = readonly (string | undefined)[]

/** Undefined: all values are of starts of their own. Values of one start only say nothing about another one. */
export function clustersOf(values: readonly number[], starts: Starts): Clusters | undefined {
  const groups = groupsOf(values, starts)
  const count = values.length
  if (groups.length === count) return undefined
  if (groups.length < 2) return { effect: count, freedom: 0 }
  const size = groups.reduce((sum, { length }) => sum + length ** 2, 0) / count
  const share = Math.max(LEAST_SHARE, shareBetween(groups, count, size))
  const effect = 1 + (size - 1) * share
  return { effect, freedom: count / effect - 1 }
}

function groupsOf(values: readonly number[], starts: Starts): number[][] {
  const groups = new Map<string | number, number[]>()
  for (const [at, value] of values.entries()) {
    const start = starts[at] ?? at
    groups.set(start, [...(groups.get(start) ?? []), value])
  }
  return [...groups.values()]
}

/** The intraclass correlation, by analysis of variance (Fisher 1925); `size` is the mean size of a value's own group. */
function shareBetween(groups: readonly (readonly number[])[], count: number, size: number): number {
  const mean = meanOf(groups.flat())
  const between = groups.reduce((sum, own) => sum + own.length * (meanOf(own) - mean) ** 2, 0) / (groups.length - 1)
  const within = groups.reduce((sum, own) => sum + squaresOf(own), 0) / (count - groups.length)
  const each = (count - size) / (groups.length - 1)
  const whole = between + (each - 1) * within
  return whole > 0 ? Math.min(1, (between - within) / whole) : 0
}

/** Two-sided p of the mean of such values being 0, by Student's t with their effective number, spikes drawn in; 0 if all are of their own. */
export function clusteredTail(values: readonly number[], starts: Starts): number {
  const own = withoutSpikes(values)
  const clusters = clustersOf(own, starts)
  if (clusters === undefined) return 0
  const { effect, freedom } = clusters
  if (!(freedom > 0)) return 1
  const mean = meanOf(own)
  const error = Math.sqrt(((squaresOf(own) / (own.length - 1)) * effect) / own.length)
  if (!(error > 0)) return mean === 0 ? 1 : 0
  return studentTail(mean / error, freedom)
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

function squaresOf(values: readonly number[]): number {
  const mean = meanOf(values)
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
}
