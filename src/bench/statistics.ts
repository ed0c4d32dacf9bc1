import { medianSorted, quantileSorted } from 'simple-statistics'
import { Random } from '../workers/random.ts'

/** Resamples of a bootstrap: enough that the ends of a 95 % interval are stable to about a percent of its width. */
const RESAMPLES = 2000

export type Interval = readonly [low: number, high: number]

export const median = (values: readonly number[]): number => medianSorted([...values].sort((a, b) => a - b))

/**
 * 95 % percentile-bootstrap interval of the median (Efron 1979). Seeded: the same values give the same interval. Of fewer
 * than three values it is their range.
 */
export function medianInterval(values: readonly number[]): Interval {
  const sorted = [...values].sort((a, b) => a - b)
  if (sorted.length < 3) return [sorted[0]!, sorted.at(-1)!]
  const ranks = middleRanks(sorted.length)
  const medians = new Float64Array(RESAMPLES)
  for (let resample = 0; resample < RESAMPLES; resample += 1) {
    const [low, high] = [sorted[ranks[2 * resample]!]!, sorted[ranks[2 * resample + 1]!]!]
    medians[resample] = low + 0.5 * (high - low)
  }
  const ends = Array.from(medians.sort())
  return [quantileSorted(ends, 0.025), quantileSorted(ends, 0.975)]
}

/** As many sizes as are kept: a file has few. */
const MOST_SIZES = 64
const ranksBySize = new Map<number, Uint32Array>()

/**
 * The ranks of the two values in the middle of each resample of so many. Which values are drawn depends on their number only, so that
 * this is done once for all metrics of a file.
 */
function middleRanks(size: number): Uint32Array {
  const known = ranksBySize.get(size)
  if (known !== undefined) return known
  const random = new Random(size)
  const ranks = new Uint32Array(2 * RESAMPLES)
  const drawn = new Uint32Array(size)
  for (let resample = 0; resample < RESAMPLES; resample += 1) {
    drawn.fill(0)
    for (let draw = 0; draw < size; draw += 1) drawn[random.below(size)]! += 1
    ranks[2 * resample] = rankAt(drawn, (size - 1) >>> 1)
    ranks[2 * resample + 1] = rankAt(drawn, size >>> 1)
  }
  if (ranksBySize.size === MOST_SIZES) ranksBySize.clear()
  ranksBySize.set(size, ranks)
  return ranks
}

/** Of values that were drawn so often, in their order, the rank of that which is at this place. */
function rankAt(drawn: Uint32Array, place: number): number {
  let rank = 0
  for (let seen = drawn[0]!; seen <= place; seen += drawn[rank]!) rank += 1
  return rank
}

/** 95 % percentile-bootstrap interval of the ratio of two medians, the samples drawn apart. Seeded as the other. */
export function ratioInterval(baseline: readonly number[], candidate: readonly number[]): Interval {
  const random = new Random(baseline.length * 31 + candidate.length)
  const draw = (values: readonly number[]) =>
    medianSorted([...Float64Array.from(values, () => values[random.below(values.length)]!).sort()])
  const ratios = Float64Array.from({ length: RESAMPLES }, () => draw(candidate) / draw(baseline)).sort()
  return [quantileSorted([...ratios], 0.025), quantileSorted([...ratios], 0.975)]
}

/** Candidate over baseline, trial by trial in the order in which they ran: what drifts slowly cancels out. */
export type Ratio = {
  readonly ratio: number
  readonly ci95: Interval
  readonly pairs: number
  readonly isResolved: boolean
  /** Pair by pair. */
  readonly ratios: readonly number[]
}

export function pairedRatio(baseline: readonly number[], candidate: readonly number[]): Ratio | undefined {
  const pairs = baseline.slice(0, candidate.length).map((base, index) => candidate[index]! / base)
  const finite = pairs.filter((ratio) => Number.isFinite(ratio))
  if (finite.length === 0) return undefined
  const ci95 = medianInterval(finite)
  return {
    ratio: median(finite),
    ci95,
    pairs: finite.length,
    ratios: finite,
    isResolved: finite.length >= 5 && (ci95[0] > 1 || ci95[1] < 1),
  }
}
