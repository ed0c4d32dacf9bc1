import { randomUUID } from 'node:crypto'
import type { VariantName } from '../protocols/catalogue.ts'
import { BROADCAST, WORK } from '../protocols/costs.ts'
import { calibrate } from '../threads/calibrate.ts'
import { RunFailed } from '../threads/conductor.ts'
import type { PrimitiveName } from '../threads/primitives-worker.ts'
import { run } from '../threads/run.ts'
import { definitionOf, describeHost, describeSource, type Runtime, readSteal, usableCores } from './host.ts'
import { type Group, isPlayedInTime, type PlannedTrial, type PlanOptions, scheduleOf } from './plan.ts'
import { primitiveTrial } from './primitive-trial.ts'
import { type Result, type Run, type RunError, SCHEMA, VERSION } from './result.ts'
import type { Instruments, Load, Variant, VmScenario } from './scenario.ts'
import { type Done, summarise } from './summarise.ts'
import { type Trial, trialOf } from './trial.ts'
import { warningsOf } from './warnings.ts'

/** How a plan tells the outside how it fares. */
export type Watcher = {
  /** A trial is about to run: the `done`th of `total`. */
  readonly progress: (done: number, total: number, label: string) => void
  /** A group is finished: what there is so far, worth keeping. */
  readonly finished: (result: Result) => void
}

export type BenchOptions = {
  readonly plan: PlanOptions
  readonly groups: readonly Group[]
  readonly command: readonly string[]
  readonly runtime: Runtime
  readonly signal: AbortSignal
}

const CALIBRATION_MS = 15
/** Longest silence of a worker: many times the longest operation of any scenario. */
const STALL_MS = 10_000

/** Runs a plan. Rejects never for what happens in a run: that is in the result, as the run's error. */
export async function bench(options: BenchOptions, watcher: Watcher): Promise<Result> {
  const schedules = options.groups.map((group) => scheduleOf(group, options.plan))
  const total = schedules.reduce((sum, schedule) => sum + schedule.length, 0)
  let done = 0
  watcher.progress(done, total, 'calibrating')
  const calibration = await calibrate(CALIBRATION_MS)
  let result: Result = {
    schema: SCHEMA,
    version: VERSION,
    id: randomUUID(),
    createdAt: new Date().toISOString(),
    command: options.command,
    seed: options.plan.seed,
    source: describeSource(),
    host: describeHost(options.runtime, calibration.clock_read_ns ?? 0),
    calibration,
    runs: [],
  }
  for (const [index, group] of options.groups.entries()) {
    const runs = await runGroup(group, schedules[index]!, options, result, (label) => {
      watcher.progress(done, total, label)
      done += 1
    })
    result = { ...result, runs: [...result.runs, ...runs] }
    watcher.finished(result)
    if (options.signal.aborted || runs.some(({ error }) => error !== null)) break
  }
  return result
}

async function runGroup(
  group: Group,
  schedule: readonly PlannedTrial[],
  options: BenchOptions,
  { calibration, host }: Result,
  onTrial: (label: string) => void,
): Promise<Run[]> {
  const cores = usableCores(host)
  const turnNs = calibration.work_turn_ns!
  const stealBefore = readSteal()
  const done: Done[] = []
  let error: RunError | null = null
  let failureSplats: readonly string[] = []
  for (const [place, planned] of schedule.entries()) {
    const variant = group.variants[planned.variant]!
    onTrial(`${group.scenario.name} ${variant.name}`)
    try {
      done.push({ planned, place, trial: await runTrial(group, options, planned, cores, turnNs) })
    } catch (cause) {
      if (options.signal.aborted) break
      error = errorOf(cause, group, variant.name)
      failureSplats = cause instanceof RunFailed ? cause.splats : []
      break
    }
  }
  const stealAfter = readSteal()
  const turnsAfter = options.signal.aborted ? turnNs : (await calibrate(CALIBRATION_MS)).work_turn_ns!
  const circumstances = {
    workers: workersOf(group, options.plan),
    cores,
    calibration,
    turnNs: [turnNs, turnsAfter] as const,
    stealShare: (stealAfter.steal - stealBefore.steal) / Math.max(1, stealAfter.total - stealBefore.total),
    expectedMs: isPlayedInTime(group) ? 0 : options.plan.durationMs,
  }
  return group.variants.flatMap((variant, index): Run[] => {
    const own = done.filter(({ planned }) => planned.variant === index && planned.purpose === 'measure')
    const aa = done.filter(({ planned }) => planned.variant === index && planned.purpose !== 'measure')
    if (own.length === 0 && error === null) return []
    const splats = distinct([...own.flatMap(({ trial }) => trial.splats), ...failureSplats])
    const summary = summarise(variant, own, aa)
    return [
      {
        scenario: group.scenario.name,
        variant: variant.name,
        machine: 'threads',
        kind: 'measured',
        params: paramsOf(group, options.plan),
        definition: definitionOf(group.scenario.name),
        ...summary,
        ...(splats.length === 0 ? {} : { splats }),
        ...(group.replay === null ? {} : { recorded: group.replay.kernel }),
        warnings: [...saidOf(group), ...(own.length === 0 ? [] : warningsOf(summary, own, circumstances))],
        error,
      },
    ]
  })
}

async function runTrial(
  group: Group,
  options: BenchOptions,
  planned: PlannedTrial,
  cores: number,
  turnNs: number,
): Promise<Trial> {
  const { plan, signal } = options
  const variant = group.variants[planned.variant]!
  if (group.scenario.kind === 'primitives') {
    const { warmupMs, durationMs } = plan
    const primitive = variant.name as PrimitiveName
    return await primitiveTrial({ primitive, workers: group.crew.vcpus, cores, warmupMs, durationMs })
  }
  const isTimed = planned.mode === 'latency'
  const instruments = variant.instruments ?? instrumentsOf(variant, isTimed, plan)
  const load = loadOf(group, group.scenario, plan, planned.seed, instruments)
  const { system } = load
  const roles = load.roles.filter(({ role }) => !variant.without?.includes(role))
  const costs = { ...costsOfRecording(group), ...plan.costs }
  const turns = ({ name, ns }: { readonly name: string; readonly ns: number }) => (costs[name] ?? ns) / turnNs
  const ran = await run({
    system: {
      ...system,
      variant: variant.protocol ?? (variant.name as VariantName),
      cpus: roles.length,
      oracles: instruments.oracles,
      lockStatistics: instruments.lockStatistics,
      lockdep: instruments.lockdep,
    },
    roles,
    warmupMs: plan.warmupMs,
    durationMs: plan.durationMs,
    recordingMs: (group.replay?.recording.spanNs ?? 0) / 1e6,
    workTurns: WORK.map(turns),
    broadcastTurns: BROADCAST.map((kind) => (kind.on === 'dvm' && costs[kind.name] === undefined ? 0 : turns(kind))),
    cores,
    stallMs: STALL_MS,
    signal,
  })
  return trialOf(ran, roles, planned.mode)
}

/** What costs much watches where nothing is measured that it could disturb: trials for latency, and broken variants. */
function instrumentsOf({ kind }: Variant, isTimed: boolean, { oracles }: PlanOptions): Instruments {
  const lockdep = oracles && (isTimed || kind === 'broken')
  return { oracles, recorder: isTimed, lockStatistics: isTimed, lockdep }
}

/**
 * How long the recorded kernel held mmu_lock to map a page is what the replay holds it for, as far as the recording tells; no
 * recording says how long a lock was held.
 */
function costsOfRecording({ replay }: Group): Readonly<Record<string, number>> {
  const holdNs = replay?.kernel.holdNs ?? null
  return holdNs === null ? {} : { map_spte: Math.round(holdNs) }
}

/** What a trial is to run: the scenario's load, or the recording that replaces it. */
function loadOf(
  { crew, values, replay }: Group,
  scenario: VmScenario,
  plan: PlanOptions,
  seed: number,
  { recorder }: Instruments,
): Load {
  const sampleEvery = recorder ? plan.sampleEvery : 0
  const load = scenario.load({ values, crew, arrival: plan.arrival, seed, sampleEvery })
  if (replay === null) return load
  const { recording } = replay
  return {
    system: { ...load.system, vcpus: recording.accesses.length, memslots: recording.memslots },
    roles: [
      ...recording.accesses.map((accesses) => ({ role: 'vcpu', accesses, sampleEvery }) as const),
      ...recording.invalidations.map((invalidations) => {
        return { role: 'notifier', invalidations, isTimed: sampleEvery > 0 } as const
      }),
    ],
  }
}

/** What is known beforehand of a group's figures. */
function saidOf({ scenario, values, replay }: Group): readonly string[] {
  return replay?.says ?? scenario.caveats?.(values) ?? []
}

function workersOf(group: Group, plan: PlanOptions): number {
  if (group.scenario.kind === 'primitives') return group.crew.vcpus
  const unwatched = { oracles: false, recorder: false, lockStatistics: false, lockdep: false }
  return loadOf(group, group.scenario, plan, plan.seed, unwatched).roles.length
}

function paramsOf(group: Group, plan: PlanOptions): Run['params'] {
  const { scenario, crew, values, replay } = group
  if (scenario.kind === 'primitives') return { workers: crew.vcpus, duration: plan.durationMs, warmup: plan.warmupMs }
  const load =
    replay === null
      ? { ...crew, ...values }
      : {
          vcpus: replay.recording.accesses.length,
          notifiers: replay.recording.invalidations.length,
          zappers: 0,
          trace: replay.file,
          speed: replay.speed,
          mmu: values.mmu!,
          preempt: values.preempt!,
        }
  return {
    ...load,
    duration: plan.durationMs,
    warmup: plan.warmupMs,
    arrival: plan.arrival.kind,
    ...(plan.arrival.kind === 'open' ? { rate: plan.arrival.ratePerSecond } : {}),
    oracles: plan.oracles ? 'on' : 'off',
    ...Object.fromEntries(
      Object.entries({ ...costsOfRecording(group), ...plan.costs }).map(([name, ns]) => [`cost.${name}`, ns]),
    ),
  }
}

function errorOf(cause: unknown, group: Group, variant: string): RunError {
  const failure = cause instanceof RunFailed ? cause : undefined
  const message = cause instanceof Error ? cause.message : String(cause)
  return {
    code: failure?.code ?? 'RUN_FAILED',
    message,
    context: { scenario: group.scenario.name, variant },
    hint: HINTS[failure?.code ?? ''] ?? HINT,
  }
}

const HINTS: Readonly<Record<string, string>> = {
  WORKER_STALLED:
    'A lost wake-up, or a deadlock: the line above names the word. Fewer workers than cores rule the scheduler out.',
  DEADLOCK: 'No other order of running them ends this: the order in which the locks are taken has to change.',
}
const HINT = 'Run it again with --vcpus 1 --trials 1; if it fails again, please report it with the command line.'

/** Splats of several trials that differ in who met the circle only are one. */
function distinct(splats: readonly string[]): string[] {
  const byCircle = new Map(splats.map((splat) => [splat.replace(/^.* is trying to acquire lock:$/m, ''), splat]))
  return [...byCircle.values()]
}
