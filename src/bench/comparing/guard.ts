import type { Noise } from '../result.ts'
import type { Pair, Values } from './samples.ts'

/** The coverage of the interval for the median of the differences. */
const COVERAGE = 0.8

/**
 * Up to which |log ratio| the code differs from itself: from the rounds of the baseline against itself, and from halves of the
 * rounds that are compared, which cost nothing. Of each the further end of a sign-test interval of the median (Thompson 1936) that
 * always leaves the furthest difference on each side out: one bad trial moves nothing.
 */
export function guardOf({ base, head, pairs }: Values, noise: readonly Noise[]): number {
  const own = pairs.length > 0 ? halves(pairs.map(growth)).map(ofPairs) : [...halves(logs(base)), ...halves(logs(head))]
  const rounds = noise.flatMap(({ ratios }) => ratios?.map(Math.log) ?? [])
  const summaries = noise.filter(({ ratios }) => ratios === undefined).map(reachOfSummary)
  const compared = pairs.length > 0 ? pairs.length : Math.min(base.length, head.length)
  return Math.max(0, reach(rounds, compared), reach(own, compared), ...summaries)
}

const growth = ([base, head]: Pair) => Math.log(head / base)
const logs = (values: readonly number[]) => values.map(Math.log)

/** Each value less the one before it, no value used twice. */
function halves(values: readonly number[]): number[] {
  return values.flatMap((value, at) => (at % 2 === 0 ? [] : [value - values[at - 1]!]))
}

/** The difference of two comparisons varies as that of two trials does. */
const ofPairs = (difference: number) => difference / Math.SQRT2

/**
 * A trial with the value 0 has no logarithm: it counts as beyond all others. The interval is as wide as it would be for
 * as many differences as are compared.
 */
function reach(differences: readonly number[], compared: number): number {
  const sorted = differences.filter((one) => !Number.isNaN(one)).sort((a, b) => a - b)
  const largest = Math.max(0, ...sorted.map(Math.abs).filter(Number.isFinite))
  const at = (index: number) => Math.max(-largest, Math.min(largest, sorted[index]!))
  if (sorted.length < 3) return sorted.length < 2 ? 0 : Math.min(...sorted.map(Math.abs))
  const left = leftOut(sorted.length)
  const middle = (at((sorted.length - 1) >> 1) + at(sorted.length >> 1)) / 2
  const narrower = Math.min(1, Math.sqrt(sorted.length / compared))
  const ends = [at(left), at(sorted.length - 1 - left)].map((end) => middle + (end - middle) * narrower)
  return Math.max(...ends.map(Math.abs))
}

/** The number of values that an interval of that coverage leaves out on each side, at least one. */
function leftOut(count: number): number {
  let [ways, below, left] = [1, 1, 1]
  for (let k = 1; k < count / 2; k += 1) {
    ways = (ways * (count - k + 1)) / k
    below += ways
    if (1 - (2 * below) / 2 ** count < COVERAGE) break
    left = k
  }
  return left
}

/** The reach in a file that has only the interval of its median: an end that is no ratio says nothing. */
function reachOfSummary({ ratio, ci95 }: Noise): number {
  return Math.max(0, ...[ratio, ...ci95].map((each) => Math.abs(Math.log(each))).filter(Number.isFinite))
}
