import { decodeFromCompressedBase64 } from 'hdr-histogram-js'
import { definitionOf, engineHash } from './host.ts'
import { METRICS } from './metrics.ts'
import { samplesNeeded } from './percentiles.ts'
import type { HistogramSummary, LockRow, Result, Run } from './result.ts'
import { SCENARIOS } from './scenarios/all.ts'
import { median, medianInterval } from './statistics.ts'

/** Something in a result that does not follow from what it was derived from. */
export type Fault = { readonly run: string; readonly says: string }

export const runName = ({ scenario, variant, machine }: Run): string => `${scenario} ${variant} on ${machine}`

/** Derives every summary anew from the raw trials, histograms and lock totals of the same file. */
export function faultsOf(result: Result): Fault[] {
  return result.runs.flatMap((run) => {
    const faults = [
      ...metricFaults(run),
      ...trialFaults(run),
      ...Object.entries(run.histograms).flatMap(([name, histogram]) => histogramFaults(name, histogram)),
      ...run.locks.flatMap(lockFaults),
    ]
    return faults.map((says) => ({ run: runName(run), says }))
  })
}

/** Runs whose code is not that of this tree: their figures cannot be had again from it. */
export const isOfOtherCode = ({ scenario, definition, model }: Run): boolean =>
  SCENARIOS.every(({ name }) => name !== scenario) ||
  definitionOf(scenario) !== definition ||
  (model !== undefined && model.engineHash !== engineHash())

function metricFaults({ metrics, trials }: Run): string[] {
  return Object.entries(metrics).flatMap(([name, metric]) => {
    const values = trials.flatMap((trial) => trial.metrics[name] ?? [])
    if (values.length === 0) return [`${name}: no trial has it`]
    const [low, high] = medianInterval(values)
    return [
      ...unequal(`${name}: n`, metric.n, values.length),
      ...unequal(`${name}: median`, metric.median, median(values)),
      ...unequal(`${name}: interval from`, metric.ci95[0], low),
      ...unequal(`${name}: interval to`, metric.ci95[1], high),
      ...kindFaults(name, metric),
    ]
  })
}

/** A metric that a newer version of this program may know is nothing to complain about. */
function kindFaults(name: string, { unit, better }: Run['metrics'][string]): string[] {
  const known = Object.entries(METRICS).find(([metric]) => metric === name)?.[1]
  if (known === undefined || (known.unit === unit && known.better === better)) return []
  return [`${name}: is in ${unit}, better ${better}; this program says ${known.unit}, better ${known.better}`]
}

function trialFaults({ metrics, trials, order }: Run): string[] {
  const names = new Set(trials.flatMap((trial) => Object.keys(trial.metrics)))
  const lost = [...names].filter((name) => metrics[name] === undefined)
  return [
    ...lost.map((name) => `${name}: trials have it, the summary has not`),
    ...unequal('places in the order', order.length, trials.length),
    ...(new Set(order).size === order.length ? [] : ['two trials have one place in the order']),
  ]
}

function histogramFaults(name: string, summary: HistogramSummary): string[] {
  const decoded = decode(summary.hdr)
  if (decoded === undefined) return [`${name}: its histogram cannot be decoded`]
  const at = (percent: number) => Math.min(decoded.getValueAtPercentile(percent), Math.ceil(summary.max))
  const resolution = 2 ** -9
  const isNear = (value: number, exact: number) => Math.abs(value - exact) <= Math.max(1, exact * resolution)
  return [
    ...unequal(`${name}: count`, summary.count, decoded.totalCount),
    ...unequal(`${name}: p50`, summary.p50, at(50)),
    ...unequal(`${name}: p90`, summary.p90, at(90)),
    ...unequalTail(`${name}: p99`, summary, summary.p99, 99, at),
    ...unequalTail(`${name}: p99.9`, summary, summary.p999, 99.9, at),
    ...(isNear(decoded.mean, summary.mean)
      ? []
      : [`${name}: mean is ${summary.mean}, its buckets say ${decoded.mean}`]),
    ...(isNear(decoded.maxValue, summary.max)
      ? []
      : [`${name}: max is ${summary.max}, its buckets say ${decoded.maxValue}`]),
  ]
}

/** A percentile that is left out must lack samples for it; one that is there must be what the buckets say. */
function unequalTail(
  name: string,
  { count }: HistogramSummary,
  stated: number | null,
  percentile: number,
  at: (percent: number) => number,
): string[] {
  if (stated !== null) return unequal(name, stated, at(percentile))
  return count < samplesNeeded(percentile) ? [] : [`${name} is left out, though it has ${count} samples`]
}

function decode(hdr: string) {
  try {
    return decodeFromCompressedBase64(hdr)
  } catch {
    return undefined
  }
}

function lockFaults({ name, side, who = [], ...lock }: LockRow): string[] {
  const average = lock.contended === 0 ? 0 : lock.waitTotalNs / lock.contended
  const sum = (field: 'acquisitions' | 'contended') => who.reduce((total, each) => total + each[field], 0)
  const sums = who.length === 0 ? [] : (['acquisitions', 'contended'] as const)
  return [
    ...unequal(`${name} ${side}: average wait`, lock.waitAvgNs, average),
    ...sums.flatMap((field) => unequal(`${name} ${side}: ${field} of all workers`, lock[field], sum(field))),
  ]
}

/** Bit for bit: JSON carries doubles whole. */
const unequal = (what: string, said: number, derived: number): string[] =>
  Object.is(said, derived) ? [] : [`${what} is ${said}, derived anew it is ${derived}`]
