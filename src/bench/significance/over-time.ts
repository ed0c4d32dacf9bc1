import { levelsDiffer } from './autocorrelated.ts'
import { withoutSpikes } from './spikes.ts'
import { studentTail } from './student.ts'

/** In units of log likelihood: so much better must another split be, for the difference not to be between the stretches. */
const BETTER_SPLIT = 1
/** How much better two levels must fit a stretch than one level; of independent values hardly one stretch in 1000 reaches it. */
const JUMP = 11

/** Two stretches of one host's time, and what that host did in them. */
export type OverTime = {
  /** How surely they differ by more than neighbours in time do, and than a drift through both explains. */
  readonly p: number
  /** Standard error of the difference. */
  readonly error: number
  readonly freedom: number
  /** Within a stretch, the level changed more clearly than chance allows. */
  readonly isJumpy: boolean
}

/** `earlier` and `later` are in time order; spikes do not count. */
export function differOverTime(earlier: readonly number[], later: readonly number[]): OverTime {
  const [a, b] = [withoutSpikes(earlier), withoutSpikes(later)]
  const { p, error, freedom } = levelsDiffer(a, b)
  const isElsewhere = betterSplit([...a, ...b], a.length) > BETTER_SPLIT
  return { p: isElsewhere ? 1 : Math.max(p, beyondDrift(a, b)), error, freedom, isJumpy: isJumpy(a) || isJumpy(b) }
}

/**
 * Two-sided p of the step between two stretches, if both lie on lines of one slope: analysis of covariance with time as the
 * covariate (Fisher 1932). A host that only becomes slower has no step.
 */
export function beyondDrift(a: readonly number[], b: readonly number[]): number {
  const [one, other] = [lineOf(a), lineOf(b)]
  const times = one.times + other.times
  const freedom = a.length + b.length - 3
  if (freedom < 1 || times === 0) return 1
  const slope = (one.products + other.products) / times
  const rest = Math.max(0, one.squares + other.squares - slope * (one.products + other.products))
  const apart = (a.length + b.length) / 2
  const step = other.mean - one.mean - slope * apart
  const error = Math.sqrt((rest / freedom) * (1 / a.length + 1 / b.length + (apart * apart) / times))
  if (!(error > 0)) return step === 0 ? 1 : 0
  return studentTail(step / error, freedom)
}

function lineOf(values: readonly number[]) {
  const mean = meanOf(values)
  const middle = (values.length - 1) / 2
  let [times, products, squares] = [0, 0, 0]
  for (const [at, value] of values.entries()) {
    times += (at - middle) ** 2
    products += (at - middle) * (value - mean)
    squares += (value - mean) ** 2
  }
  return { mean, times, products, squares }
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** The log likelihood ratio of the best split into two levels against the split at `own`; no side has a single value. */
function betterSplit(values: readonly number[], own: number): number {
  const rests = restsOf(values)
  const inner = rests.slice(2, -2)
  const best = inner.length === 0 ? rests[own]! : Math.min(...inner)
  return (values.length / 2) * Math.log(floored(rests[own]!) / floored(best))
}

const isJumpy = (values: readonly number[]): boolean => bestLevels(values).gain > JUMP

/** The best split into two levels, and its log likelihood ratio against one level. */
export function bestLevels(values: readonly number[]): { readonly at: number; readonly gain: number } {
  const rests = restsOf(values)
  const least = Math.min(...rests)
  return { at: rests.indexOf(least), gain: (values.length / 2) * Math.log(floored(rests[0]!) / floored(least)) }
}

const floored = (rest: number) => Math.max(rest, Number.MIN_VALUE)

/** Sums of squares that are left if the first `at` values have one level and the others another; at 0 all have one. */
function restsOf(values: readonly number[]): number[] {
  const n = values.length
  const mean = meanOf(values)
  const whole = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  let before = 0
  return values.map((value, at) => {
    const explained = at === 0 ? 0 : (before * before * n) / (at * (n - at))
    before += value - mean
    // The rounding error of a perfect fit counts as zero.
    const rest = whole - explained
    return rest < whole * 1e-12 ? 0 : rest
  })
}
