import { LATENCIES } from './derived/latencies.ts'
import type { MetricName } from './metrics.ts'
import type { ModelInfo, Run } from './result.ts'
import type { Scenario } from './scenario.ts'
import { SCENARIOS } from './scenarios/all.ts'

/** There are tens of thousands: what is empty in all of them is there once. */
const NOTHING = {}
const NONE: readonly never[] = []

/** Runs of one load; each has the same parameters. */
export function leanRuns(runs: readonly Run[]): Run[] {
  const [first] = runs
  const areAlike = runs.every(({ params }) => JSON.stringify(params) === JSON.stringify(first!.params))
  return runs.map((run) => ({ ...leanRun(run), ...(areAlike ? { params: first!.params } : {}) }))
}

/** What the scalability law is put through. */
const RATES: readonly MetricName[] = ['faults_per_second', 'operations_per_second']

/**
 * What the answers, tables and maps of a sweep need of a modelled run: a tenth of it. A run that there is more to say about, such as one
 * that failed, is left whole.
 */
function leanRun(run: Run): Run {
  const scenario = SCENARIOS.find(({ name }) => name === run.scenario)
  if (scenario === undefined || !isPlain(run, scenario)) return run
  const metrics = [...scenario.decides.map(({ metric }) => metric), ...RATES]
  const latencies = LATENCIES.filter(({ metric }) => metrics.includes(metric)).map(({ histogram }) => histogram)
  const { model, ...own } = run
  return {
    ...own,
    order: NONE,
    trials: run.trials.map((trial) => ({ ...trial, metrics: NOTHING, counters: NOTHING })),
    metrics: only(run.metrics, metrics),
    counters: NOTHING,
    histograms: mapped(only(run.histograms, latencies), (histogram) => ({ ...histogram, hdr: '' })),
    locks: NONE,
    outcomes: orNone(run.outcomes.filter(({ grade }) => grade !== 'acceptable')),
    warnings: orNone(run.warnings),
    ...(model === undefined ? {} : { model: leanModel(model, metrics) }),
  }
}

const leanModel = (model: ModelInfo, metrics: readonly string[]): ModelInfo => ({
  ...model,
  machine: NOTHING,
  blocked: NONE,
  draws: orNone(model.draws.map((draw) => only(draw, metrics))),
  whatIf: orNone(model.whatIf),
})

const orNone = <T>(items: readonly T[]): readonly T[] => (items.length === 0 ? NONE : items)

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
