import { Random } from '../../workers/random.ts'
import { flatSeries, levelsOf, residuals, SHORTEST, stretchesOf } from './flat-series.ts'

/** A change of the level of a series, and its significance. */
export type ChangePoint = {
  /** The first value of the new level. */
  readonly at: number
  readonly p: number
}

const SIMULATIONS = 999

/**
 * Change points of a series by E-divisive (Matteson and James 2014; used for benchmarks by Daly et al. 2020, and by
 * Otava): the split with the largest energy distance between its sides, if hardly any comparable flat series has as large
 * a one; then the same in each part. It compares distributions, not only means. A temporary level is invisible to a split
 * of the whole, so windows are searched too, as in seeded binary segmentation (Kovacs et al. 2023). The original method
 * permutes the values to estimate chance; here neighbours keep their correlation. Seeded: a series has one answer.
 */
export function changePoints(values: readonly number[], alpha: number): ChangePoint[] {
  const found: ChangePoint[] = []
  const parts: [from: number, to: number][] = [[0, values.length]]
  while (parts.length > 0) {
    const [from, to] = parts.pop()!
    const part = values.slice(from, to)
    const split = bestInWindows(part)
    if (split === undefined) continue
    const bounds = [0, ...found.map(({ at }) => at), values.length].sort((a, b) => a - b)
    const others = bounds
      .slice(1)
      .map((end, index): [number, number] => [bounds[index]!, end])
      .filter(([start]) => start !== from)
      .flatMap(([start, end]) => levelsOf(values.slice(start, end)))
    const p = probabilityOf(part, split, others, alpha)
    if (p > alpha) continue
    found.push({ at: from + split.at, p })
    parts.push([from, from + split.at], [from + split.at, to])
  }
  return found.sort((a, b) => a.at - b.at)
}

type Split = { readonly at: number; readonly energy: number }

/** The whole, and windows of a half and of a quarter of it, each half over the one before. */
function bestInWindows(values: ArrayLike<number> & { slice(from: number, to: number): ArrayLike<number> }) {
  let best: Split | undefined
  for (const parts of [1, 2, 4]) {
    const width = Math.floor(values.length / parts)
    for (let half = 0; half <= 2 * (parts - 1); half += 1) {
      const from = Math.floor((half * width) / 2)
      const split = bestSplit(values.slice(from, from + width))
      if (split !== undefined && (best === undefined || split.energy > best.energy)) {
        best = { at: from + split.at, energy: split.energy }
      }
    }
  }
  return best
}

/** Scaled energy distance for every split, from sums of distances that grow by one value at a time. */
export function bestSplit(values: ArrayLike<number>): Split | undefined {
  const n = values.length
  if (n < 2 * SHORTEST) return undefined
  let [left, right, across] = [0, sumOfDistances(values), 0]
  let best: Split | undefined
  for (let at = 1; at <= n - SHORTEST; at += 1) {
    const moved = values[at - 1]!
    let [toLeft, toRight] = [0, 0]
    for (let other = 0; other < at - 1; other += 1) toLeft += Math.abs(moved - values[other]!)
    for (let other = at; other < n; other += 1) toRight += Math.abs(moved - values[other]!)
    left += toLeft
    right -= toRight
    across += toRight - toLeft
    if (at < SHORTEST) continue
    const energy = energyOf(at, n - at, left, right, across)
    if (best === undefined || energy > best.energy) best = { at, energy }
  }
  return best
}

function sumOfDistances(values: ArrayLike<number>): number {
  let sum = 0
  for (let one = 0; one < values.length; one += 1) {
    for (let other = 0; other < one; other += 1) sum += Math.abs(values[one]! - values[other]!)
  }
  return sum
}

/** Twice the mean distance across, less the mean distances within, scaled by the sizes. */
function energyOf(n: number, m: number, left: number, right: number, across: number): number {
  const distance = (2 * across) / (n * m) - (2 * left) / (n * (n - 1)) - (2 * right) / (m * (m - 1))
  return ((n * m) / (n + m)) * distance
}

/** The share, among flat series as autocorrelated as this one, with as plain a split, itself included; 1 if above alpha. */
function probabilityOf(
  values: readonly number[],
  split: Split,
  others: readonly (readonly number[])[],
  alpha: number,
): number {
  const random = new Random(values.length)
  const next = flatSeries(values, split.at, others, random)
  const plainness = split.energy / scaleOf(values, split.at)
  let asPlain = 1
  for (let each = 0; each < SIMULATIONS; each += 1) {
    const flat = next()
    const other = bestInWindows(flat)!
    // Equal values in another order give the same sums only to the last bit or so.
    if (other.energy / scaleOf(flat, other.at) >= plainness * (1 - 1e-12)) asPlain += 1
    if (asPlain > alpha * (SIMULATIONS + 1)) return 1
  }
  return asPlain / (SIMULATIONS + 1)
}

/** The mean distance of values from the level of their stretch: the unit of an energy. */
function scaleOf(values: ArrayLike<number>, at: number): number {
  const sum = residuals(stretchesOf(Array.from(values), at)).reduce((total, left) => total + Math.abs(left), 0)
  return Math.max(sum / values.length, Number.MIN_VALUE)
}
