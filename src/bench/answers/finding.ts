import { compareRuns } from '../compare-runs.ts'
import { METRICS, type MetricName } from '../metrics.ts'
import type { Metric, Run } from '../result.ts'
import type { Decision } from '../scenario.ts'
import type { Interval } from '../statistics.ts'
import { isCutOff, missingBecause, samplesOf } from './missing.ts'
import { modelErrorOf } from './model-error.ts'
import { smallestShown } from './resolution.ts'

/** Relative: a difference within this is none for the question, unless the scenario states another. */
const SMALLEST_EFFECT = 0.05

/** With fewer trials, a figure that is 0 on one side, or equal in all of them, shows nothing. */
const ENOUGH_TRIALS = 5

/**
 * better, worse: resolved, in the direction that the metric states; other: resolved, and the metric has no direction.
 * same: shown to be within the smallest effect. unresolved: neither. missing: a side has no such figure.
 */
type FindingVerdict = 'better' | 'worse' | 'other' | 'same' | 'unresolved' | 'missing'

/** One deciding figure of a candidate against its baseline. */
export type Finding = {
  readonly metric: MetricName
  readonly reads: string
  readonly unit: string
  readonly before: number | null
  readonly after: number | null
  readonly ratio: number | null
  readonly ci95: Interval | null
  readonly verdict: FindingVerdict
  /** Why it is missing or not resolved, or the bound within which it is the same; empty if the figures are sufficient. */
  readonly why: string
  /** For a figure that is not resolved, the smallest relative change that would have shown; null if none would, or none is known. */
  readonly wouldShow: number | null
  /** The variant that recorded none of it at all, where the other has it in enough trials. */
  readonly onlyWithout?: string
}

export function findingOf(baseline: Run, candidate: Run, decision: Decision): Finding {
  const { metric, reads } = decision
  const before = baseline.metrics[metric]
  const after = candidate.metrics[metric]
  const common = {
    metric,
    reads,
    unit: METRICS[metric].unit,
    before: before?.median ?? null,
    after: after?.median ?? null,
    wouldShow: null,
  }
  if (before === undefined || after === undefined) {
    const without = before === undefined ? baseline : candidate
    const missing = { ...common, ratio: null, ci95: null, verdict: 'missing' } as const
    const there = before ?? after
    const isSure = there !== undefined && (baseline.kind === 'modelled' || there.n >= ENOUGH_TRIALS)
    const only =
      isSure && !isCutOff(without) && samplesOf(without, decision) === 0 ? { onlyWithout: without.variant } : {}
    return { ...missing, why: missingBecause(without, decision), ...only }
  }
  if (isRateOfNothing(metric, before, after)) {
    const why = `no ${reads.replace(/\/s$/, '')} were completed on either side`
    return { ...common, ratio: null, ci95: null, verdict: 'missing', why }
  }
  const smallest = decision.smallestEffect ?? SMALLEST_EFFECT
  const judged = baseline.kind === 'modelled' ? modelled : measured
  return { ...common, ...judged({ baseline, candidate, metric, before, after, smallest }) }
}

/** A rate of 0 on both sides: nothing was served, so there is nothing to compare. */
const isRateOfNothing = (metric: MetricName, before: Metric, after: Metric): boolean =>
  METRICS[metric].unit === '1/s' && before.median === 0 && after.median === 0

type Question = {
  readonly baseline: Run
  readonly candidate: Run
  readonly metric: MetricName
  readonly before: Metric
  readonly after: Metric
  readonly smallest: number
}

type Judgement = Pick<Finding, 'ratio' | 'ci95' | 'verdict' | 'why'> & Partial<Pick<Finding, 'wouldShow'>>

function measured({ baseline, candidate, metric, before, after, smallest }: Question): Judgement {
  const comparison = compareRuns(baseline, candidate, metric)
  if (comparison === undefined) return withoutRatio(metric, before, after)
  const { ratio, ci95 } = comparison
  if (comparison.exceedsNoise) return { ratio, ci95, verdict: directionOf(metric, ratio > 1), why: '' }
  if (comparison.pairs >= ENOUGH_TRIALS && isWithin(ci95, smallest)) {
    return { ratio, ci95, verdict: 'same', why: withinText(smallest) }
  }
  const why = comparison.isResolved ? "no larger than the baseline's A/A noise" : fewText(before, after)
  return { ratio, ci95, verdict: 'unresolved', why, wouldShow: smallestShown(baseline, candidate, metric) }
}

/**
 * Modelled figures have no sampling error. What stands against a difference is the error that the profile itself states, and
 * a sign that changes on machines drawn from the profile's ranges.
 */
function modelled({ baseline, candidate, metric, before, after, smallest }: Question): Judgement {
  const comparison = compareRuns(baseline, candidate, metric)
  if (comparison === undefined) {
    if (before.median === after.median) return { ratio: null, ci95: null, verdict: 'same', why: 'equal in both' }
    return { ratio: null, ci95: null, verdict: directionOf(metric, after.median > before.median), why: '' }
  }
  const { ratio, ci95 } = comparison
  if (isWithin(ci95, smallest)) {
    return { ratio, ci95, verdict: 'same', why: ratio === 1 ? 'equal in both' : withinText(smallest) }
  }
  if (!comparison.isResolved) {
    return { ratio, ci95, verdict: 'unresolved', why: "the sign changes within the profile's own ranges" }
  }
  const error = modelErrorOf(baseline.machine)
  if (isWithin([ratio, ratio], error)) {
    return {
      ratio,
      ci95,
      verdict: 'unresolved',
      why: `less than the error of this profile, ${percent(error)}`,
      wouldShow: error,
    }
  }
  return { ratio, ci95, verdict: directionOf(metric, ratio > 1), why: '' }
}

/** The baseline is 0, so there is no ratio. */
function withoutRatio(metric: MetricName, before: Metric, after: Metric): Judgement {
  const none = { ratio: null, ci95: null }
  const isEnough = Math.min(before.n, after.n) >= ENOUGH_TRIALS
  const isConstant = [before, after].every(({ ci95 }) => ci95[0] === ci95[1])
  if (isEnough && isConstant && before.median === after.median)
    return { ...none, verdict: 'same', why: 'equal in all trials' }
  const isApart = isEnough && after.ci95[0] > before.ci95[1]
  return isApart
    ? { ...none, verdict: directionOf(metric, true), why: '' }
    : { ...none, verdict: 'unresolved', why: fewText(before, after) }
}

/** A figure from few trials resolves nothing. */
function fewText(before: Metric, after: Metric): string {
  const n = Math.min(before.n, after.n)
  return n < ENOUGH_TRIALS ? `only ${n} ${n === 1 ? 'trial' : 'trials'} measured it` : ''
}

function directionOf(metric: MetricName, isMore: boolean): FindingVerdict {
  const { better } = METRICS[metric]
  if (better === null) return 'other'
  return isMore === (better === 'higher') ? 'better' : 'worse'
}

const isWithin = ([low, high]: Interval, effect: number) => low >= 1 - effect && high <= 1 + effect
const percent = (part: number) => `${Number((part * 100).toPrecision(2))} %`
const withinText = (smallest: number) => `within ${percent(smallest)}`
