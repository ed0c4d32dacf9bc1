import { LATENCIES } from './derived/latencies.ts'
import type { MetricName } from './metrics.ts'
import type { ModelInfo, Run } from './result.ts'
import type { Scenario } from './scenario.ts'
import { SCENARIOS } from './scenarios/all.ts'

/** The scalability law is fitted to these. */
const RATES: readonly MetricName[] = ['faults_per_second', 'operations_per_second']

/** There are tens of thousands of lean runs: an empty part is there once. */
const NOTHING = {}
const NONE: readonly never[] = []

/**
 * The parts of a load's modelled runs that the answers, tables and maps of a sweep need: a tenth of each run. A run with more to say,
 * such as one that failed, stays whole.
 */
export function leanRuns(runs: readonly Run[]): Run[] {
  const [first] = runs
  const scenario = SCENARIOS.find(({ name }) => name === first?.scenario)
  if (first === undefined || scenario === undefined || !runs.every((run) => isPlain(run, scenario))) return [...runs]
  const params = compact(first.params)
  const areAlike = runs.every((run) => JSON.stringify(run.params) === JSON.stringify(first.params))
  return runs.map((run) => leanRun(areAlike ? { ...run, params } : run, scenario))
}

function leanRun(run: Run, { decides }: Scenario): Run {
  const metrics = [...decides.map(({ metric }) => metric), ...RATES]
  const latencies = LATENCIES.filter(({ metric }) => metrics.includes(metric)).map(({ histogram }) => histogram)
  return {
    ...optional(run, metrics),
    scenario: run.scenario,
    variant: run.variant,
    machine: run.machine,
    kind: run.kind,
    params: run.params,
    definition: run.definition,
    order: NONE,
    trials: run.trials.map(({ index, mode, seed, durationNs }) => ({
      index,
      mode,
      seed,
      durationNs,
      metrics: NOTHING,
    })),
    metrics: compact(only(run.metrics, metrics)),
    counters: NOTHING,
    histograms: compact(mapped(only(run.histograms, latencies), (histogram) => ({ ...histogram, hdr: '' }))),
    locks: NONE,
    outcomes: orNone(run.outcomes.filter(({ grade }) => grade !== 'acceptable')),
    warnings: orNone(run.warnings),
    error: null,
  }
}

const optional = ({ point, patch, splats, model }: Run, metrics: readonly string[]) => ({
  ...(point === undefined ? NOTHING : { point }),
  ...(patch === undefined ? NOTHING : { patch }),
  ...(splats === undefined ? NOTHING : { splats }),
  ...(model === undefined ? NOTHING : { model: leanModel(model, metrics) }),
})

const leanModel = ({ profile, profileHash, engineHash, steps, draws }: ModelInfo, metrics: readonly string[]) => ({
  profile,
  profileHash,
  engineHash,
  steps,
  blocked: NONE,
  draws: orNone(draws.map((draw) => compact(only(draw, metrics)))),
  whatIf: NONE,
})

const orNone = <T>(items: readonly T[]): readonly T[] => (items.length === 0 ? NONE : items)

/** Parsed from JSON, as when read from a file: V8 then shares one shape among all objects with the same names. */
const compact = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

/** Only its figures are shown in a sweep. */
function isPlain(run: Run, { variants }: Scenario): boolean {
  const { kind, error, interrupted, asked, timeline, recorded, revision, model } = run
  const isWhole = [interrupted, asked, timeline, recorded, revision].every((part) => part === undefined)
  const isGood = variants.find(({ name }) => name === run.variant)?.kind !== 'broken'
  return kind === 'modelled' && error === null && isWhole && isGood && (model?.whatIf.length ?? 0) === 0
}

const only = <T>(all: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> =>
  Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)))

const mapped = <T, R>(all: Readonly<Record<string, T>>, change: (value: T) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(all).map(([name, value]) => [name, change(value)]))
