import type { Profile } from '../model/profile.ts'
import { bench } from './bench.ts'
import type { Watcher } from './bench-options.ts'
import { compareRuns } from './compare-runs.ts'
import type { Runtime } from './host.ts'
import { METRICS, type MetricName } from './metrics.ts'
import { type Placement, placementOf, placementsOf } from './placements.ts'
import { type Group, groupOf, type PlanOptions } from './plan.ts'
import { withHandOver } from './profile.ts'
import type { Run } from './result.ts'
import type { Crew, Scenario } from './scenario.ts'
import faultScaling from './scenarios/fault-scaling.ts'
import precheck from './scenarios/precheck.ts'
import { median } from './statistics.ts'

/** A load that is small enough for any host, measured on its threads and modelled on its profile. */
type HostLoad = {
  readonly says: string
  readonly scenario: Scenario
  readonly variants: readonly string[]
  readonly crew: Crew
  readonly set: Readonly<Record<string, string>>
  /** Real ms: the compiler is done with short paths soon, and with all of a fault and an invalidation after seconds. */
  readonly warmupMs: number
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
    warmupMs: 2000,
    modelMs: 40,
  },
  {
    says: '2 vCPUs, first touches',
    scenario: precheck,
    variants: ['no-precheck', 'precheck'],
    crew: ALONE,
    set: { shape: 'out', 'fresh-pages': '262144' },
    warmupMs: 500,
    modelMs: 20,
  },
  {
    says: '2 CPUs, page-table operations',
    scenario: faultScaling,
    variants: ['write-lock', 'read-lock', 'lock-free'],
    crew: ALONE,
    set: {},
    warmupMs: 500,
    modelMs: 20,
  },
]

/** The metrics that are compared, where a load has them; the first one is its rate. */
const COMPARED: readonly MetricName[] = [
  'operations_per_second',
  'faults_per_second',
  'retries_per_fault',
  'yields_per_unmap',
  'flushes_per_unmap',
]

const PLAN: Omit<PlanOptions, 'warmupMs'> = {
  seed: 1,
  ...{ trials: 9, latencyTrials: 0, aaTrials: 0, timelineEvents: 0 },
  ...{ durationMs: 200, arrival: { kind: 'closed' } as const, sampleEvery: 0 },
  // Instruments cost the threads time, and a model nothing.
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
  /** Median over the trials, each compared with the model of its own placement: not the quotient of the two medians. */
  readonly error: number
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
  /** The nearest first. */
  readonly placements: readonly Placement[]
  readonly figures: readonly HostFigure[]
  readonly differences: readonly HostDifference[]
  readonly orders: readonly HostOrder[]
  /** Doubts about the threads' figures, of every run. */
  readonly warnings: readonly Pick<Run, 'variant' | 'warnings'>[]
}

/**
 * The same loads on the host's threads and on its profile. Each trial is held against the model of a host whose CPUs are as far
 * apart as they were after it.
 */
export async function validateOnHost(
  profile: Profile,
  runtime: Runtime,
  signal: AbortSignal,
  progress: Watcher['progress'],
): Promise<HostValidation> {
  const play = async (group: Group, warmupMs: number, onTrial: Watcher['progress']) => {
    const plan = { ...PLAN, warmupMs }
    const watcher = { progress: onTrial, speed: () => {}, finished: () => {} }
    return (await bench({ groups: [group], plan, command: ['validate', '--host'], runtime, signal }, watcher)).runs
  }

  const total = LOADS.reduce((sum, load) => sum + trialsOf(load), 0)
  const measured: Measured[] = []
  let before = 0
  for (const load of LOADS) {
    const group = groupOf(load.scenario, load.variants, load.crew, load.set, null)
    const runs = await play(group, load.warmupMs, (done, _, label) => progress(before + done, total, label))
    measured.push({ load, group, runs: runs.filter(({ trials }) => trials.length > 0) })
    before += trialsOf(load)
  }

  const placements = placementsOf(measured.flatMap(({ runs }) => runs.flatMap(handOversOf)))
  const machines = placements.map(({ handOverNs }) => withHandOver(profile, handOverNs))
  const sides: Sides[] = []
  for (const { load, group, runs } of measured) {
    const modelled: (readonly Run[])[] = []
    for (const machine of machines.length === 0 ? [profile] : machines) {
      modelled.push(await play({ ...group, modelled: modelledOn(machine, load) }, 0, () => {}))
    }
    sides.push({ load: load.says, measured: runs, placements, modelled })
  }
  return {
    placements,
    figures: sides.flatMap(figuresOf),
    differences: sides.flatMap(differencesOf),
    orders: sides.map(orderOf),
    warnings: measured.flatMap(({ runs }) => runs.map(({ variant, warnings }) => ({ variant, warnings }))),
  }
}

const trialsOf = ({ variants }: HostLoad) => variants.length * PLAN.trials

const modelledOn = (profile: Profile, { modelMs }: HostLoad) => {
  return { profile, durationMs: modelMs, warmupMs: 1, costs: {}, seeds: [1], draws: 0, whatIf: [] }
}

const handOversOf = ({ trials }: Run) => trials.flatMap(({ metrics }) => metrics.hand_over_ns ?? [])

type Measured = { readonly load: HostLoad; readonly group: Group; readonly runs: readonly Run[] }

type Pair = { readonly measured: number; readonly modelled: number }

type Sides = {
  readonly load: string
  readonly measured: readonly Run[]
  readonly placements: readonly Placement[]
  /** By placement. */
  readonly modelled: readonly (readonly Run[])[]
}

const rateOf = ({ metrics }: Run): MetricName => COMPARED.find((name) => metrics[name] !== undefined)!

/** The measurement of each trial of a run, paired with the model of the host as it was after that trial. */
function pairsOf({ placements, modelled }: Sides, run: Run, metric: MetricName): Pair[] {
  const by = modelled.map((runs) => runs.find(({ variant }) => variant === run.variant)?.metrics[metric]?.median)
  return run.trials.flatMap(({ metrics }): Pair[] => {
    const handOver = metrics.hand_over_ns
    const beside = by[handOver === undefined ? 0 : placementOf(placements, handOver)]
    const own = metrics[metric]
    return own === undefined || beside === undefined ? [] : [{ measured: own, modelled: beside }]
  })
}

function modelledOf(sides: Sides, run: Run, metric: MetricName): number | undefined {
  const pairs = pairsOf(sides, run, metric)
  return pairs.length === 0 ? undefined : median(pairs.map(({ modelled }) => modelled))
}

const errorOf = ({ measured, modelled }: Pair) => (measured === modelled ? 0 : modelled / measured - 1)

function figuresOf(sides: Sides): HostFigure[] {
  const { load, measured } = sides
  return measured.flatMap((run) =>
    COMPARED.flatMap((metric): HostFigure[] => {
      const own = run.metrics[metric]
      const modelled = modelledOf(sides, run, metric)
      if (own === undefined || modelled === undefined) return []
      const error = median(pairsOf(sides, run, metric).map(errorOf))
      const isRate = metric === rateOf(run)
      const names = { load, variant: run.variant, metric, unit: METRICS[metric].unit }
      return [{ ...names, measured: own.median, ci95: own.ci95, modelled, error, isRate }]
    }),
  )
}

function differencesOf(sides: Sides): HostDifference[] {
  const { load, measured } = sides
  const [baseline, ...others] = measured
  return others.flatMap((candidate) =>
    COMPARED.flatMap((metric): HostDifference[] => {
      const found = compareRuns(baseline!, candidate, metric)
      const [before, after] = [baseline!, candidate].map((run) => modelledOf(sides, run, metric))
      if (found === undefined || !found.exceedsNoise || before === undefined || after === undefined) return []
      const names = { baseline: baseline!.variant, candidate: candidate.variant }
      const isSameSign = Math.sign(after - before) === Math.sign(found.ratio - 1)
      return [{ load, metric, ...names, measured: found.ratio, modelled: after / before, isSameSign }]
    }),
  )
}

/** Variants by their rate, the fastest first. */
function orderOf(sides: Sides): HostOrder {
  const { load, measured } = sides
  const order = (rate: (run: Run) => number) =>
    measured.toSorted((a, b) => rate(b) - rate(a)).map(({ variant }) => variant)
  return {
    load,
    measured: order((run) => run.metrics[rateOf(run)]!.median),
    modelled: order((run) => modelledOf(sides, run, rateOf(run)) ?? 0),
  }
}
