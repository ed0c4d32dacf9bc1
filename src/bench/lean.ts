import { LATENCIES } from './derived/latencies.ts'
import type { MetricName } from './metrics.ts'
import type { Run } from './result.ts'
import type { Scenario } from './scenario.ts'
import { SCENARIOS } from './scenarios/all.ts'

/** What the scalability law is put through. */
const RATES: readonly MetricName[] = ['faults_per_second', 'operations_per_second']

/**
 * What the answers, tables and maps of a sweep need of a modelled run: a tenth of it. A run that there is more to say about, such as one
 * that failed, is left whole.
 */
export function leanRun(run: Run): Run {
  const scenario = SCENARIOS.find(({ name }) => name === run.scenario)
  if (scenario === undefined || !isPlain(run, scenario)) return run
  const metrics = [...scenario.decides.map(({ metric }) => metric), ...RATES]
  const latencies = LATENCIES.filter(({ metric }) => metrics.includes(metric)).map(({ histogram }) => histogram)
  const { model, ...own } = run
  return {
    ...own,
    order: [],
    trials: run.trials.map((trial) => ({ ...trial, metrics: {}, counters: {} })),
    metrics: only(run.metrics, metrics),
    counters: {},
    histograms: mapped(only(run.histograms, latencies), (histogram) => ({ ...histogram, hdr: '' })),
    locks: [],
    outcomes: run.outcomes.filter(({ grade }) => grade !== 'acceptable'),
    ...(model === undefined
      ? {}
      : { model: { ...model, machine: {}, blocked: [], draws: model.draws.map((draw) => only(draw, metrics)) } }),
  }
}

/** Nothing but its figures is shown of it in a sweep. */
function isPlain(
  { kind, error, interrupted, asked, timeline, recorded, variant }: Run,
  { variants }: Scenario,
): boolean {
  const isWhole = error === null && [interrupted, asked, timeline, recorded].every((part) => part === undefined)
  return kind === 'modelled' && isWhole && variants.find(({ name }) => name === variant)?.kind !== 'broken'
}

const only = <T>(all: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> =>
  Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)))

const mapped = <T, R>(all: Readonly<Record<string, T>>, change: (value: T) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(all).map(([name, value]) => [name, change(value)]))
