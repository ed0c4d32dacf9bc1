import type { CounterName, HistogramName } from '../protocols/counters.ts'
import { isMaximum } from '../protocols/counters.ts'
import { lacksSamples } from './derived/latencies.ts'
import type { LockTotals } from './derived/locks.ts'
import { Histogram } from './histograms.ts'
import { METRICS, type MetricName } from './metrics.ts'
import { outcomesOf } from './outcomes.ts'
import type { PlannedTrial } from './plan.ts'
import type { HistogramSummary, LockRow, Metric, Run, TrialRow } from './result.ts'
import type { Variant } from './scenario.ts'
import { median, medianInterval, pairedRatio } from './statistics.ts'
import { addLocks, type Trial, type Violation } from './trial.ts'

/** A trial that ran, and where it stood in its group's order. */
export type Done = { readonly planned: PlannedTrial; readonly place: number; readonly trial: Trial }

export type Summary = Pick<
  Run,
  'order' | 'trials' | 'metrics' | 'counters' | 'histograms' | 'locks' | 'outcomes' | 'noise'
>

/** Summarises the trials of one variant. `ofFailed`: the violations of a trial without figures. */
export function summarise(
  variant: Variant,
  done: readonly Done[],
  aa: readonly Done[],
  { compression, ofFailed = [] }: { readonly compression?: number; readonly ofFailed?: readonly Violation[] } = {},
): Summary {
  const counters = addCounters(done.map(({ trial }) => trial.counters))
  const noise = noiseOf(aa)
  const histograms = histogramsOf(done, compression)
  const isEnough = (metric: string) => !lacksSamples(metric, histograms)
  return {
    order: done.map(({ place }) => place),
    trials: done.map((each, index) => rowOf(each, index, isEnough)),
    metrics: metricsOf(done, isEnough),
    counters,
    histograms,
    locks: locksOf(done.flatMap(({ trial }) => trial.locks)),
    outcomes: outcomesOf(counters, [...done.flatMap(({ trial }) => trial.violations), ...ofFailed], variant),
    ...(noise === undefined ? {} : { noise }),
  }
}

function rowOf({ planned, trial }: Done, index: number, isEnough: (metric: string) => boolean): TrialRow {
  const metrics = Object.fromEntries(Object.entries(trial.metrics).filter(([name]) => isEnough(name)))
  const { durationNs, counters, cpus } = trial
  const bound = cpus === undefined ? {} : { cpus }
  const kept = planned.start === undefined ? {} : { start: planned.start }
  return { index, mode: planned.mode, seed: planned.seed, durationNs, metrics, counters, ...kept, ...bound }
}

function metricsOf(done: readonly Done[], isEnough: (metric: string) => boolean): Record<string, Metric> {
  const names = (Object.keys(METRICS) as MetricName[]).filter(isEnough)
  const entries = names.flatMap((name): [string, Metric][] => {
    const values = valuesOf(done, name)
    if (values.length === 0) return []
    const { unit, better } = METRICS[name]
    const ci95 = medianInterval(values)
    return [[name, { unit, better, assume: null, n: values.length, median: median(values), ci95 }]]
  })
  return Object.fromEntries(entries)
}

const valuesOf = (done: readonly Done[], name: MetricName): number[] =>
  done.flatMap(({ trial }) => trial.metrics[name] ?? [])

function addCounters(all: readonly Trial['counters'][]): Partial<Record<CounterName, number>> {
  const totals: Partial<Record<CounterName, number>> = {}
  for (const counters of all) {
    for (const [key, count] of Object.entries(counters)) {
      const name = key as CounterName
      totals[name] = isMaximum(name) ? Math.max(totals[name] ?? 0, count) : (totals[name] ?? 0) + count
    }
  }
  return totals
}

function histogramsOf(done: readonly Done[], compression?: number): Record<string, HistogramSummary> {
  const merged = new Map<HistogramName, Histogram>()
  for (const { trial } of done) {
    for (const [name, histogram] of trial.histograms) {
      const whole = merged.get(name) ?? new Histogram()
      whole.addAll(histogram)
      merged.set(name, whole)
    }
  }
  return Object.fromEntries([...merged].map(([name, histogram]) => [name, histogram.summary(compression)]))
}

function locksOf(all: readonly LockTotals[]): LockRow[] {
  const byLock = groupBy(all)
  return [...byLock.values()].map((parts) => {
    const { name, lockKind: kind, side } = parts[0]!
    const { holds, ...total } = addLocks(parts)
    const waitAvgNs = total.contended === 0 ? 0 : total.waitTotalNs / total.contended
    const timed = holds === total.acquisitions ? {} : { holds }
    return { name, kind, side, ...total, ...timed, waitAvgNs, who: whoOf(parts) }
  })
}

function groupBy(all: readonly LockTotals[]): Map<string, LockTotals[]> {
  const groups = new Map<string, LockTotals[]>()
  for (const lock of all) {
    const key = `${lock.name} ${lock.side}`
    groups.set(key, [...(groups.get(key) ?? []), lock])
  }
  return groups
}

function whoOf(parts: readonly LockTotals[]): LockRow['who'] {
  const workers = [...new Set(parts.flatMap(({ who }) => who.map(({ worker }) => worker)))]
  return workers.map((worker) => {
    const own = parts.flatMap(({ who }) => who.filter((each) => each.worker === worker))
    const sum = (field: 'acquisitions' | 'contended' | 'waitTotalNs') =>
      own.reduce((total, each) => total + each[field], 0)
    return {
      worker,
      acquisitions: sum('acquisitions'),
      contended: sum('contended'),
      waitTotalNs: sum('waitTotalNs'),
      waitMaxNs: Math.max(...own.map(({ waitMaxNs }) => waitMaxNs)),
    }
  })
}

/** The baseline compared with itself, round by round: a difference must exceed it. */
function noiseOf(aa: readonly Done[]): Run['noise'] {
  const side = (purpose: PlannedTrial['purpose'], name: MetricName) =>
    valuesOf(
      aa.filter(({ planned }) => planned.purpose === purpose).toSorted((a, b) => a.planned.round - b.planned.round),
      name,
    )
  const names = (Object.keys(METRICS) as MetricName[]).filter((name) => METRICS[name].better !== null)
  const entries = names.flatMap((name) => {
    const ratio = pairedRatio(side('aa-a', name), side('aa-b', name))
    return ratio === undefined
      ? []
      : [[name, { ratio: ratio.ratio, ci95: ratio.ci95, n: ratio.pairs, ratios: ratio.ratios }] as const]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}
