import { detectable, type Resolution } from '../significance/detectable.ts'
import { mannWhitney, smallestMannWhitney } from '../significance/mann-whitney.ts'
import { differOverTime, type OverTime } from '../significance/over-time.ts'
import { signedRank, smallestSignedRank } from '../significance/signed-rank.ts'
import { type Interval, median, medianInterval, ratioInterval } from '../statistics.ts'
import { guardOf } from './guard.ts'
import type { Samples, Values } from './samples.ts'

export type Method = 'exact' | 'signed-rank' | 'mann-whitney'

/** What a test says of one metric, before the other tests of the table are looked at. */
export type Tested = {
  readonly method: Method
  /** Head over base; null where the base is 0. */
  readonly ratio: number | null
  readonly ci95: Interval | null
  /** Null for exact figures, which chance has no part in. */
  readonly p: number | null
  /** Of separate files: the p of ranks alone, as if no trial had anything in common with the one before it. */
  readonly ranks: number | null
  /** |log ratio| up to which the code differs from itself. */
  readonly guard: number
  /** The smallest change that the whole procedure would have claimed in four of five cases, as a part of the base; null if unknown. */
  readonly detectable: number | null
  /** Trials a side that a change, however large, would need to be seen at all; 0 if there are enough. */
  readonly trialsNeeded: number
  /** Of separate files: the level of one changed while it was measured. */
  readonly isJumpy: boolean
}

/**
 * Exact figures are equal or they are not. Interleaved trials are tested in pairs by ranks; trials of separate files by ranks too,
 * and by what a host may do in the course of time.
 */
export function test(samples: Samples, alpha: number): Tested {
  if (samples.isExact) return exactly(samples)
  if (isPaired(samples, alpha)) return byPairs(samples, alpha)
  return byRanks(samples, alpha)
}

/** Pairs take a shared drift out of the comparison, but fewer arrangements of them can speak against chance. */
const isPaired = ({ pairs }: Values, alpha: number) => smallestSignedRank(pairs.length) <= alpha

/** The smallest p that a figure can come to, whatever its values: its tests are of ranks. */
export function smallestP({ base, head, pairs }: Values): number {
  const apart = base.length === 0 || head.length === 0 ? 1 : smallestMannWhitney(base.length, head.length)
  return Math.min(apart, smallestSignedRank(pairs.length))
}

/** The p of the test that is used for these samples, alone. */
export function probabilityOf(samples: Values, alpha: number): number {
  if (isPaired(samples, alpha)) return signedRank(growths(samples))
  const ranks = mannWhitney(samples.base, samples.head)
  return isSeparate(samples) ? Math.max(ranks, overTime(samples).p) : ranks
}

const isSeparate = ({ pairs }: Values) => pairs.length === 0

/** A change of the scale is a shift of the logarithm, whatever drift both sides of a pair share. */
function growths({ pairs }: Values): number[] {
  const isPositive = pairs.every(([base, head]) => base > 0 && head > 0)
  return pairs.map(([base, head]) => (isPositive ? Math.log(head / base) : head - base))
}

function exactly({ base, head }: Samples): Tested {
  return { ...UNKNOWN, method: 'exact', ratio: quotient(median(base), median(head)) }
}

const UNKNOWN = {
  ci95: null,
  p: null,
  ranks: null,
  guard: 0,
  detectable: null,
  trialsNeeded: 0,
  isJumpy: false,
} as const

/** Equal, value by value. */
export const isEqual = ({ base, head }: Values): boolean =>
  base.length === head.length && base.every((value, index) => Object.is(value, head[index]))

/** Every trial of both sides gave 0: there is nothing to tell apart. */
export const isNothing = ({ base, head }: Values): boolean => [...base, ...head].every((value) => value === 0)

function byPairs(samples: Samples, alpha: number): Tested {
  const { pairs } = samples
  const isPositive = pairs.every(([base, head]) => base > 0 && head > 0)
  const ratios = pairs.map(([base, head]) => head / base)
  const guard = guardOf(samples, samples.noise)
  return {
    ...UNKNOWN,
    method: 'signed-rank',
    ratio: isPositive ? median(ratios) : quotient(median(pairs.map(([a]) => a)), median(pairs.map(([, b]) => b))),
    ci95: isPositive ? medianInterval(ratios) : null,
    p: signedRank(growths(samples)),
    guard,
    detectable: isPositive ? shownByPairs(growths(samples), alpha, guard) : null,
  }
}

function shownByPairs(growths: readonly number[], alpha: number, guard: number): number | null {
  const middle = median(growths)
  const centred = growths.map((growth) => growth - middle)
  return detectable({
    claims: (shift) => signedRank(centred.map((growth) => growth + shift)) < alpha,
    ...errorOf([centred]),
    guard,
  })
}

function byRanks(samples: Samples, alpha: number): Tested {
  const { base, head } = samples
  const isPositive = [...base, ...head].every((value) => value > 0)
  const isEnough = smallestMannWhitney(base.length, head.length) <= alpha
  const ranks = mannWhitney(base, head)
  const time = isSeparate(samples) ? overTime(samples) : undefined
  const guard = guardOf(samples, samples.noise)
  return {
    method: 'mann-whitney',
    ratio: quotient(median(base), median(head)),
    ci95: isPositive ? ratioInterval(base, head) : null,
    p: time === undefined ? ranks : Math.max(ranks, time.p),
    ranks: time === undefined ? null : ranks,
    guard,
    detectable: isPositive && isEnough ? shownByRanks(samples, alpha, guard) : null,
    trialsNeeded: isEnough ? 0 : trialsFor(alpha),
    isJumpy: time?.isJumpy ?? false,
  }
}

/** Ranks are the cheaper test, and the first one to say no. */
function shownByRanks(samples: Samples, alpha: number, guard: number): number | null {
  const base = samples.base.map(Math.log)
  const logs = samples.head.map(Math.log)
  const apart = median(logs) - median(base)
  const head = logs.map((value) => value - apart)
  const time = isSeparate(samples) ? overTime(samples) : undefined
  const claims = (shift: number) => {
    const shifted = head.map((value) => value + shift)
    if (mannWhitney(base, shifted) >= alpha) return false
    return time === undefined || inOrder({ ...samples, base, head: shifted }).p < alpha
  }
  return detectable({ claims, ...(time ?? errorOf([base, head])), guard })
}

function errorOf(samples: readonly (readonly number[])[]): Pick<Resolution, 'error' | 'freedom'> {
  const count = samples.reduce((sum, { length }) => sum + length, 0)
  const freedom = count - samples.length
  const squares = samples.reduce((sum, values) => {
    const mean = values.reduce((total, value) => total + value, 0) / values.length
    return sum + values.reduce((total, value) => total + (value - mean) ** 2, 0)
  }, 0)
  const parts = samples.reduce((sum, { length }) => sum + 1 / length, 0)
  return { error: Math.sqrt((squares / freedom) * parts), freedom }
}

/** Levels are compared as logarithms where there are any: then a change is the same in whatever unit it is told. */
function overTime(samples: Values): OverTime {
  const isPositive = [...samples.base, ...samples.head].every((value) => value > 0)
  if (!isPositive) return inOrder(samples)
  return inOrder({ ...samples, base: samples.base.map(Math.log), head: samples.head.map(Math.log) })
}

/** Which file is the earlier one matters if the host drifts; if that is not known, neither order may be an explanation. */
function inOrder({ base, head, isHeadLater }: Values): OverTime {
  const forth = differOverTime(base, head)
  if (isHeadLater === true) return forth
  const back = differOverTime(head, base)
  return isHeadLater === false || back.p > forth.p ? back : forth
}

function trialsFor(alpha: number): number {
  let trials = 2
  while (smallestMannWhitney(trials, trials) > alpha) trials += 1
  return trials
}

const quotient = (base: number, head: number): number | null => (base === 0 ? null : head / base)
