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
  const medians = middleRanks(sorted.length)
    .map(({ low, high, times }) => ({ value: sorted[low]! + 0.5 * (sorted[high]! - sorted[low]!), times }))
    .sort((a, b) => a.value - b.value)
  return [resampled(medians, 0.025), resampled(medians, 0.975)]
}

/** As `quantileSorted` of all medians, each as often as it came. */
function resampled(medians: readonly { readonly value: number; readonly times: number }[], share: number): number {
  const place = (RESAMPLES - 1) * share
  const at = (wanted: number) => {
    let seen = 0
    return medians.find(({ times }) => {
      seen += times
      return seen > wanted
    })!.value
  }
  const [below, above] = [at(Math.floor(place)), at(Math.ceil(place))]
  return below + (place % 1) * (above - below)
}

/** Two values in the middle of a resample by their ranks, and of how many resamples they are. */
type Middle = { readonly low: number; readonly high: number; readonly times: number }

/** The number of sizes that are cached: a file has few. */
const MOST_SIZES = 64

/** Caches a function of the number of values: it is computed once for all metrics of a file. */
function bySize<T>(compute: (size: number) => T): (size: number) => T {
  const known = new Map<number, T>()
  return (size) => {
    const found = known.get(size)
    if (found !== undefined) return found
    const computed = compute(size)
    if (known.size === MOST_SIZES) known.clear()
    known.set(size, computed)
    return computed
  }
}

/** The ranks of the two middle values of each resample of this size, one pair after the other. */
function drawnRanks(size: number, random: Random): Uint32Array {
  const ranks = new Uint32Array(2 * RESAMPLES)
  const drawn = new Uint32Array(size)
  for (let resample = 0; resample < RESAMPLES; resample += 1) {
    drawn.fill(0)
    for (let draw = 0; draw < size; draw += 1) drawn[random.below(size)]! += 1
    ranks[2 * resample] = rankAt(drawn, (size - 1) >>> 1)
    ranks[2 * resample + 1] = rankAt(drawn, size >>> 1)
  }
  return ranks
}

const ranksOfBase = bySize((size) => drawnRanks(size, new Random(size)))
/** Drawn apart from those of the base, also where both sides have as many values. */
const ranksOfHead = bySize((size) => drawnRanks(size, new Random(size + (1 << 20))))

const middleRanks = bySize((size): readonly Middle[] => {
  const ranks = ranksOfBase(size)
  const times = new Map<number, number>()
  for (let at = 0; at < ranks.length; at += 2) {
    const key = ranks[at]! * size + ranks[at + 1]!
    times.set(key, (times.get(key) ?? 0) + 1)
  }
  return [...times].map(([key, many]) => ({ low: Math.floor(key / size), high: key % size, times: many }))
})

/** The rank of the value at this place, in their order, when each was drawn so often. */
function rankAt(drawn: Uint32Array, place: number): number {
  let rank = 0
  for (let seen = drawn[0]!; seen <= place; seen += drawn[rank]!) rank += 1
  return rank
}

/** 95 % percentile-bootstrap interval of the ratio of two medians, the samples drawn apart. Seeded as the other. */
export function ratioInterval(baseline: readonly number[], candidate: readonly number[]): Interval {
  const base = Float64Array.from(baseline).sort()
  const head = Float64Array.from(candidate).sort()
  const [baseRanks, headRanks] = [ranksOfBase(base.length), ranksOfHead(head.length)]
  const ratios = new Float64Array(RESAMPLES)
  for (let resample = 0; resample < RESAMPLES; resample += 1) {
    ratios[resample] = middleOf(head, headRanks, resample) / middleOf(base, baseRanks, resample)
  }
  const sorted = [...ratios.sort()]
  return [quantileSorted(sorted, 0.025), quantileSorted(sorted, 0.975)]
}

const middleOf = (sorted: Float64Array, ranks: Uint32Array, resample: number): number =>
  0.5 * (sorted[ranks[2 * resample]!]! + sorted[ranks[2 * resample + 1]!]!)

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
