import { detectableByPairs, detectableByTwo } from '../significance/detectable.ts'
import { mannWhitney, smallestMannWhitney } from '../significance/mann-whitney.ts'
import { signedRank, smallestSignedRank } from '../significance/signed-rank.ts'
import { type Interval, median, medianInterval, ratioInterval } from '../statistics.ts'
import type { Samples } from './samples.ts'

export type Method = 'exact' | 'signed-rank' | 'mann-whitney'

type Values = Pick<Samples, 'base' | 'head' | 'pairs'>

/** What a test says of one metric, before the other tests of the table are looked at. */
export type Tested = {
  readonly method: Method
  /** Head over base; null where the base is 0. */
  readonly ratio: number | null
  readonly ci95: Interval | null
  /** Null for exact figures, which chance has no part in. */
  readonly p: number | null
  /** The smallest change that would have been seen in four of five cases, as a part of the base; null if that is unknown. */
  readonly detectable: number | null
  /** Trials a side that a change, however large, would need to be seen at all; 0 if there are enough. */
  readonly trialsNeeded: number
}

/** Exact figures are equal or they are not; the others are tested by ranks, in pairs where they were measured in pairs. */
export function test(samples: Samples, alpha: number, tests: number): Tested {
  if (samples.isExact) return exactly(samples)
  // Holm asks this of the smallest p of the table: what is said to be detectable is so whatever the others are.
  const strictest = alpha / tests
  return isPaired(samples, strictest) ? byPairs(samples, strictest) : byRanks(samples, strictest)
}

/** Pairs take a shared drift out of the comparison, but fewer arrangements of them can speak against chance. */
const isPaired = ({ pairs }: Values, alpha: number) => smallestSignedRank(pairs.length) <= alpha

/** The p of the test that is used for these samples, alone. */
export const probabilityOf = (samples: Values, alpha: number): number =>
  isPaired(samples, alpha) ? signedRank(growths(samples)) : mannWhitney(samples.base, samples.head)

/** A change of the scale is a shift of the logarithm, whatever drift both sides of a pair share. */
function growths({ pairs }: Values): number[] {
  const isPositive = pairs.every(([base, head]) => base > 0 && head > 0)
  return pairs.map(([base, head]) => (isPositive ? Math.log(head / base) : head - base))
}

function exactly({ base, head }: Samples): Tested {
  const ratio = quotient(median(base), median(head))
  return { method: 'exact', ratio, ci95: null, p: null, detectable: null, trialsNeeded: 0 }
}

/** Equal, value by value. */
export const isEqual = ({ base, head }: Samples): boolean =>
  base.length === head.length && base.every((value, index) => Object.is(value, head[index]))

function byPairs(samples: Samples, alpha: number): Tested {
  const { pairs } = samples
  const isPositive = pairs.every(([base, head]) => base > 0 && head > 0)
  const ratios = pairs.map(([base, head]) => head / base)
  return {
    method: 'signed-rank',
    ratio: isPositive ? median(ratios) : quotient(median(pairs.map(([a]) => a)), median(pairs.map(([, b]) => b))),
    ci95: isPositive ? medianInterval(ratios) : null,
    p: probabilityOf(samples, alpha),
    detectable: isPositive ? (detectableByPairs(growths(samples), alpha) ?? null) : null,
    trialsNeeded: 0,
  }
}

function byRanks(samples: Samples, alpha: number): Tested {
  const { base, head } = samples
  const isPositive = [...base, ...head].every((value) => value > 0)
  const isEnough = smallestMannWhitney(base.length, head.length) <= alpha
  return {
    method: 'mann-whitney',
    ratio: quotient(median(base), median(head)),
    ci95: isPositive ? ratioInterval(base, head) : null,
    p: probabilityOf(samples, alpha),
    detectable:
      isPositive && isEnough ? (detectableByTwo(base.map(Math.log), head.map(Math.log), alpha) ?? null) : null,
    trialsNeeded: isEnough ? 0 : trialsFor(alpha),
  }
}

function trialsFor(alpha: number): number {
  let trials = 2
  while (smallestMannWhitney(trials, trials) > alpha) trials += 1
  return trials
}

const quotient = (base: number, head: number): number | null => (base === 0 ? null : head / base)
