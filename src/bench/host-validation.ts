import type { Profile } from '../model/profile.ts'
import { bench } from './bench.ts'
import { compareRuns } from './compare-runs.ts'
import type { Runtime } from './host.ts'
import { METRICS, type MetricName } from './metrics.ts'
import { type Group, groupOf, type PlanOptions } from './plan.ts'
import type { Run } from './result.ts'
import type { Crew, Scenario } from './scenario.ts'
import faultScaling from './scenarios/fault-scaling.ts'
import precheck from './scenarios/precheck.ts'

/** A load that is small enough for any host, measured on its threads and modelled on its profile. */
type HostLoad = {
  readonly says: string
  readonly scenario: Scenario
  readonly variants: readonly string[]
  readonly crew: Crew
  readonly set: Readonly<Record<string, string>>
  /** Virtual ms. */
  readonly modelMs: number
}

const ALONE: Crew = { vcpus: 2, notifiers: 0, zappers: 0 }
const LOADS: readonly HostLoad[] = [
  {
    says: '1 vCPU, 1 notifier',
    scenario: precheck,
    variants: ['no-precheck', 'precheck', 'no-yield'],
    crew: { vcpus: 1, notifiers: 1, zappers: 0 },
    set: { range: '512', 'pause-us': '200' },
    modelMs: 40,
  },
  {
    says: '2 vCPUs, first touches',
    scenario: precheck,
    variants: ['no-precheck', 'precheck'],
    crew: ALONE,
    set: { shape: 'out', 'fresh-pages': '262144' },
    modelMs: 20,
  },
  {
    says: '2 CPUs, page-table operations',
    scenario: faultScaling,
    variants: ['write-lock', 'read-lock', 'lock-free'],
    crew: ALONE,
    set: {},
    modelMs: 20,
  },
]

/** What is held against each other, where a load has it; the first that it has is its rate. */
const COMPARED: readonly MetricName[] = [
  'operations_per_second',
  'faults_per_second',
  'retries_per_fault',
  'yields_per_unmap',
  'flushes_per_unmap',
]

const PLAN: PlanOptions = {
  seed: 1,
  ...{ trials: 9, latencyTrials: 0, aaTrials: 0, timelineEvents: 0 },
  ...{ durationMs: 200, warmupMs: 250, arrival: { kind: 'closed' } as const, sampleEvery: 0 },
  // They cost the threads some of their time, and a model none of its own.
  oracles: false,
  costs: {},
}

export type HostFigure = {
  readonly load: string
  readonly variant: string
  readonly metric: MetricName
  readonly unit: string
  readonly measured: number
  readonly ci95: readonly [low: number, high: number]
  readonly modelled: number
  readonly isRate: boolean
}

/** Two variants of a load of which the threads say that they differ. */
export type HostDifference = {
  readonly load: string
  readonly metric: MetricName
  readonly baseline: string
  readonly candidate: string
  readonly measured: number
  readonly modelled: number
  readonly isSameSign: boolean
}

export type HostOrder = {
  readonly load: string
  readonly measured: readonly string[]
  readonly modelled: readonly string[]
}

export type HostValidation = {
  readonly figures: readonly HostFigure[]
  readonly differences: readonly HostDifference[]
  readonly orders: readonly HostOrder[]
  readonly warnings: readonly string[]
}

/** The same loads on the host's threads and on its profile. */
export async function validateOnHost(profile: Profile, runtime: Runtime, signal: AbortSignal): Promise<HostValidation> {
  const groups = LOADS.flatMap((load) => groupsOf(load, profile))
  const { runs } = await bench(
    { groups, plan: PLAN, command: ['validate', '--host'], runtime, signal },
    { progress: () => {}, speed: () => {}, finished: () => {} },
  )
  const each = LOADS.map((load) => {
    const own = runs.filter(({ scenario, params }) => scenario === load.scenario.name && isOf(load, params))
    const on = (kind: Run['kind']) => own.filter((run) => run.kind === kind && run.trials.length > 0)
    return { load: load.says, measured: on('measured'), modelled: on('modelled') }
  })
  return {
    figures: each.flatMap(figuresOf),
    differences: each.flatMap(differencesOf),
    orders: each.map(orderOf),
    warnings: [...new Set(runs.filter(({ kind }) => kind === 'measured').flatMap(({ warnings }) => warnings))],
  }
}

function groupsOf({ scenario, variants, crew, set, modelMs }: HostLoad, profile: Profile): Group[] {
  const measured = groupOf(scenario, variants, crew, set, null)
  const modelled = { profile, durationMs: modelMs, warmupMs: 1, costs: {}, seeds: [1], draws: 0, whatIf: [] }
  return [measured, { ...measured, modelled }]
}

const isOf = ({ crew, set }: HostLoad, params: Run['params']) =>
  params.notifiers === crew.notifiers && Object.entries(set).every(([name, value]) => String(params[name]) === value)

type Sides = { readonly load: string; readonly measured: readonly Run[]; readonly modelled: readonly Run[] }

const rateOf = ({ metrics }: Run): MetricName => COMPARED.find((name) => metrics[name] !== undefined)!

function figuresOf({ load, measured, modelled }: Sides): HostFigure[] {
  return measured.flatMap((run) =>
    COMPARED.flatMap((metric): HostFigure[] => {
      const own = run.metrics[metric]
      const other = modelled.find(({ variant }) => variant === run.variant)?.metrics[metric]
      if (own === undefined || other === undefined) return []
      const { unit } = METRICS[metric]
      const isRate = metric === rateOf(run)
      const { variant } = run
      return [{ load, variant, metric, unit, measured: own.median, ci95: own.ci95, modelled: other.median, isRate }]
    }),
  )
}

function differencesOf({ load, measured, modelled }: Sides): HostDifference[] {
  const [baseline, ...others] = measured
  return others.flatMap((candidate) =>
    COMPARED.flatMap((metric): HostDifference[] => {
      const found = compareRuns(baseline!, candidate, metric)
      const of = (variant: string) => modelled.find((run) => run.variant === variant)?.metrics[metric]?.median
      const [before, after] = [of(baseline!.variant), of(candidate.variant)]
      if (found === undefined || !found.exceedsNoise || before === undefined || after === undefined) return []
      const names = { baseline: baseline!.variant, candidate: candidate.variant }
      const isSameSign = Math.sign(after - before) === Math.sign(found.ratio - 1)
      return [{ load, metric, ...names, measured: found.ratio, modelled: after / before, isSameSign }]
    }),
  )
}

/** Variants by their rate, the fastest first. */
function orderOf({ load, measured, modelled }: Sides): HostOrder {
  const order = (runs: readonly Run[]) =>
    runs.toSorted((a, b) => b.metrics[rateOf(b)]!.median - a.metrics[rateOf(a)]!.median).map(({ variant }) => variant)
  return { load, measured: order(measured), modelled: order(modelled) }
}
