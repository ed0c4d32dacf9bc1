import { type Clusters, clusteredTail, clustersOf } from '../significance/clustered.ts'
import { detectable, type Resolution } from '../significance/detectable.ts'
import { mannWhitney, smallestMannWhitney } from '../significance/mann-whitney.ts'
import { differOverTime, type OverTime } from '../significance/over-time.ts'
import { signedRank, smallestSignedRank } from '../significance/signed-rank.ts'
import { type Interval, median, medianInterval, ratioInterval } from '../statistics.ts'
import { guardOf } from './guard.ts'
import type { Samples, Values } from './samples.ts'

type Method = 'exact' | 'signed-rank' | 'mann-whitney'

/** The evidence for a claim about one metric, before the other metrics of the table are considered. */
export type Evidence = {
  readonly method: Method
  /** Head over base; null where the base is 0. */
  readonly ratio: number | null
  /** Null for exact figures, which chance has no part in. */
  readonly p: number | null
  /** For separate files, the p of ranks alone, as if no trial had anything in common with the one before it. */
  readonly ranks: number | null
  /** |log ratio| up to which the code differs from itself. */
  readonly guard: number
  /** Trials a side that a change, however large, would need to be seen at all; 0 if there are enough. */
  readonly trialsNeeded: number
  /** For separate files: whether the level of one changed while it was measured. */
  readonly isJumpy: boolean
}

/** The same with the statements that accompany or replace a claim. */
export type Tested = Evidence & {
  readonly ci95: Interval | null
  /** The smallest change that the whole procedure would have claimed in four of five cases, as a part of the base; null if unknown. */
  readonly detectable: number | null
}

/**
 * Exact figures are equal or not. Interleaved trials are tested in pairs by ranks; trials of separate files by ranks
 * too, and against drift of the host over time.
 */
export function evidenceOf(samples: Samples, alpha: number): Evidence {
  if (samples.isExact) return { ...NONE, method: 'exact', ratio: quotient(median(samples.base), median(samples.head)) }
  return isPaired(samples, alpha) ? byPairs(samples) : byRanks(samples, alpha)
}

/** How large a change is, and how large it would have had to be. */
export function testedOf(samples: Samples, evidence: Evidence, alpha: number): Tested {
  if (evidence.method === 'exact') return { ...evidence, ci95: null, detectable: null }
  const { base, head, pairs } = samples
  const isOfPairs = evidence.method === 'signed-rank'
  const isAbove = (values: readonly number[]) => values.every((value) => value > 0)
  const isPositive = isOfPairs ? pairs.every(([one, other]) => isAbove([one, other])) : isAbove([...base, ...head])
  if (!isPositive) return { ...evidence, ci95: null, detectable: null }
  if (isOfPairs) {
    return { ...evidence, ci95: intervalOf(samples), detectable: shownByPairs(samples, alpha, evidence.guard) }
  }
  const isEnough = evidence.trialsNeeded === 0
  const shown = isEnough ? shownByRanks(samples, alpha, evidence.guard) : null
  return { ...evidence, ci95: ratioInterval(base, head), detectable: shown }
}

const NONE = { p: null, ranks: null, guard: 0, trialsNeeded: 0, isJumpy: false } as const

/** Pairs take a shared drift out of the comparison, but fewer arrangements of them can speak against chance. */
const isPaired = ({ pairs }: Values, alpha: number) => smallestSignedRank(pairs.length) <= alpha

/** The smallest p that a figure can reach: its tests use ranks only. */
export function smallestP({ base, head, pairs }: Values): number {
  const apart = base.length === 0 || head.length === 0 ? 1 : smallestMannWhitney(base.length, head.length)
  return Math.min(apart, smallestSignedRank(pairs.length))
}

/** The p of the test that is used for these samples, alone. */
export function probabilityOf(samples: Values, alpha: number): number {
  if (isPaired(samples, alpha)) return ofPairs(growths(samples), samples)
  const ranks = mannWhitney(samples.base, samples.head)
  return isSeparate(samples) ? Math.max(ranks, overTime(samples).p) : ranks
}

/** Ranks know of no starts: where pairs share the workers of one, a test that does must agree. */
const ofPairs = (growths: readonly number[], samples: Values): number =>
  Math.max(signedRank(growths), clusteredTail(growths, startsOf(samples)))

const startsOf = ({ pairs }: Values) => pairs.map(([, , start]) => start)

/** The interval of the median ratio; as much wider as pairs of few starts say less. */
export function intervalOf(samples: Values): Interval {
  const ratios = samples.pairs.map(([one, other]) => other / one)
  const ci95 = medianInterval(ratios)
  const clusters = clustersOf(growths(samples), startsOf(samples))
  if (clusters === undefined) return ci95
  const middle = median(ratios)
  const end = (at: number) => middle * (at / middle) ** Math.sqrt(clusters.effect)
  return [end(ci95[0]), end(ci95[1])]
}

const isSeparate = ({ pairs }: Values) => pairs.length === 0

/** A change of scale is a shift of the logarithm; a drift that both sides of a pair share cancels out. */
function growths({ pairs }: Values): number[] {
  const isPositive = pairs.every(([base, head]) => base > 0 && head > 0)
  return pairs.map(([base, head]) => (isPositive ? Math.log(head / base) : head - base))
}

/** Equal, value by value. */
export const isEqual = ({ base, head }: Values): boolean =>
  base.length === head.length && base.every((value, index) => Object.is(value, head[index]))

/** Every trial of both sides gave 0, so there is no difference to test. */
export const isNothing = ({ base, head }: Values): boolean => [...base, ...head].every((value) => value === 0)

function byPairs(samples: Samples): Evidence {
  const { pairs } = samples
  const isPositive = pairs.every(([base, head]) => base > 0 && head > 0)
  return {
    ...NONE,
    method: 'signed-rank',
    ratio: isPositive
      ? median(pairs.map(([base, head]) => head / base))
      : quotient(median(pairs.map(([a]) => a)), median(pairs.map(([, b]) => b))),
    p: ofPairs(growths(samples), samples),
    guard: guardOf(samples, samples.noise),
  }
}

function shownByPairs(samples: Values, alpha: number, guard: number): number | null {
  const all = growths(samples)
  const middle = median(all)
  const centred = all.map((growth) => growth - middle)
  const claims = (shift: number) =>
    ofPairs(
      centred.map((growth) => growth + shift),
      samples,
    ) < alpha
  return detectable({ claims, ...errorOfPairs(centred, clustersOf(centred, startsOf(samples))), guard })
}

function errorOfPairs(
  centred: readonly number[],
  clusters: Clusters | undefined,
): Pick<Resolution, 'error' | 'freedom'> {
  const apart = errorOf([centred])
  if (clusters === undefined) return apart
  return { error: apart.error * Math.sqrt(clusters.effect), freedom: Math.max(1, clusters.freedom) }
}

function byRanks(samples: Samples, alpha: number): Evidence {
  const { base, head } = samples
  const isEnough = smallestMannWhitney(base.length, head.length) <= alpha
  const ranks = mannWhitney(base, head)
  const time = isSeparate(samples) ? overTime(samples) : undefined
  return {
    method: 'mann-whitney',
    ratio: quotient(median(base), median(head)),
    p: time === undefined ? ranks : Math.max(ranks, time.p),
    ranks: time === undefined ? null : ranks,
    guard: guardOf(samples, samples.noise),
    trialsNeeded: isEnough ? 0 : trialsFor(alpha),
    isJumpy: time?.isJumpy ?? false,
  }
}

/** Over time, the threshold of a claim depends on the correlation of neighbours, which few trials hardly determine. */
const UNSURE = 3

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
  return detectable({ claims, ...(time === undefined ? errorOf([base, head]) : { ...time, unsure: UNSURE }), guard })
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

/** Levels are compared as logarithms where there are any: then a change is the same in every unit. */
function overTime(samples: Values): OverTime {
  const isPositive = [...samples.base, ...samples.head].every((value) => value > 0)
  if (!isPositive) return inOrder(samples)
  return inOrder({ ...samples, base: samples.base.map(Math.log), head: samples.head.map(Math.log) })
}

/** For drift of the host the order of the files matters; if it is unknown, neither order may explain the difference. */
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
