import { randomUUID } from 'node:crypto'
import { RunFailed } from '../errors/faultline-error.ts'
import { BROADCAST, WORK } from '../protocols/costs.ts'
import { calibrate, calibrateTurn } from '../threads/calibrate.ts'
import type { PrimitiveName } from '../threads/primitives-worker.ts'
import { type PartialRun, run } from '../threads/run.ts'
import { workerName } from '../workers/roles.ts'
import { Ahead, type Part } from './ahead.ts'
import { type Stops, watched } from './disturbance.ts'
import { describeHost, describeSource, type Runtime, readSteal, usableCores } from './host.ts'
import { costsOf, loadOf, paramsOf, workersOf } from './load.ts'
import { type Failed, type Played, runsOf } from './measured-runs.ts'
import { ModelPool } from './model-pool.ts'
import { type Listeners, modelledResult, modelledRuns, modelledSchedule } from './modelled.ts'
import { type Group, isPlayedInTime, type PlannedTrial, type PlanOptions, scheduleOf } from './plan.ts'
import { primitiveTrial } from './primitive-trial.ts'
import { judged } from './replaying.ts'
import {
  type Profiles,
  type Result,
  type Run,
  type RunError,
  type RunTimeline,
  SCHEMA,
  type Shard,
  VERSION,
} from './result.ts'
import { driftSince, Finished } from './resume.ts'
import { errorOf } from './run-error.ts'
import { type Instruments, protocolOf, type Variant } from './scenario.ts'
import { timelineOf } from './timeline.ts'
import { type Trial, trialOf, violationsOf } from './trial.ts'

/** How a plan tells the outside how it fares. */
export type Watcher = {
  /** A trial is about to run: the `done`th of `total`. */
  readonly progress: (done: number, total: number, label: string) => void
  /** How fast a modelled run went: of this host, so it is in no result. */
  readonly speed: (label: string, steps: number, ms: number) => void
  /** A run could not be finished: what was thrown. Its sentence is in the result. */
  readonly failed?: (cause: unknown) => void
  /** A measured trial is finished: what there is so far, its group marked as interrupted. */
  readonly trialEnded?: (sofar: () => Result) => void
  /** A group is finished: what there is so far, worth keeping. */
  readonly finished: (result: Result) => void
}

export type BenchOptions = {
  readonly plan: PlanOptions
  readonly groups: readonly Group[]
  readonly command: readonly string[]
  /** Machines of the plan that do not come with the program, by their names in the command. */
  readonly profiles?: Profiles
  readonly runtime: Runtime
  readonly signal: AbortSignal
  readonly stops?: Stops
  /** A result of the same plan that has some of its runs: only the others are run. */
  readonly earlier?: Result | undefined
  /** The groups are a part of a plan: every `of`th of its points. */
  readonly shard?: Shard | undefined
  /** For modelled runs; all that this process may use, unless told otherwise. */
  readonly cores?: number
}

const CALIBRATION_MS = 15
/** Parts that are begun before their turn, for each core. */
const AHEAD = 4
/** A trial in which the process stood still is run again; not for ever. */
const MOST_AGAIN = 3
/** Longest silence of a worker: many times the longest operation of any scenario. */
const STALL_MS = 10_000

/** The place of a part's load among all loads of the plan. */
const pointOf = (index: number, { index: part, of }: Shard) => index * of + part - 1

/** Runs a plan. Rejects never for what happens in a run: that is in the result, as the run's error. */
export async function bench(options: BenchOptions, watcher: Watcher): Promise<Result> {
  const { groups, plan, earlier, shard, signal } = options
  const finished = new Finished(earlier)
  const parts = groups.map((group): Part => {
    const schedule = group.modelled === undefined ? scheduleOf(group, plan) : modelledSchedule(group)
    return { group, schedule, there: finished.take(askedOf(group, plan)) }
  })
  const left = parts.filter(({ there }) => there === undefined)
  const total = left.reduce((sum, { schedule }) => sum + schedule.length, 0)
  let done = 0
  const isMeasured = left.some(({ group }) => group.modelled === undefined)
  if (isMeasured) watcher.progress(done, total, 'calibrating')
  const now = isMeasured ? await measuredResult(options) : modelledResult(options)
  const runs: Run[] = []
  const result = {
    ...(earlier === undefined ? now : earlier),
    ...(shard === undefined ? {} : { shard }),
    runs,
  }
  const pool = new ModelPool(signal, options.cores)
  const listeners = {
    onTrial: (label: string) => {
      watcher.progress(done, total, label)
      done += 1
    },
    onSpeed: watcher.speed,
    onFailure: watcher.failed,
  }
  const ahead = new Ahead(parts, pool.cores * AHEAD, (part) =>
    modelledRuns({ group: part.group, options, pool, ...listeners }, part.schedule),
  )
  try {
    for (const [index, part] of parts.entries()) {
      if (signal.aborted && !ahead.hasBegun(index)) break
      const { group, there } = part
      const isModelled = group.modelled !== undefined
      const placed = (own: readonly Run[]) =>
        judged(group, shard === undefined ? own : own.map((run) => ({ point: pointOf(index, shard), ...run })))
      const measured = { ...listeners, onTrialEnd: trialEnds(watcher, result, placed) }
      const own = there ?? (await (isModelled ? ahead.take(index) : measuredRuns(part, options, now, measured)))
      runs.push(...placed(own))
      if (there === undefined) watcher.finished(result)
      if (own.some(({ error }) => error !== null) && !isBroken(group)) break
    }
  } finally {
    await pool.end()
  }
  return result
}

type Placed = (own: readonly Run[]) => readonly Run[]

/** Offers the runs that are finished, and those of the trials so far. */
function trialEnds({ trialEnded }: Watcher, result: Result, placed: Placed): MeasuredListeners['onTrialEnd'] {
  const { runs } = result
  return (own) => trialEnded?.(() => ({ ...result, runs: [...runs, ...placed(own())] }))
}

type MeasuredListeners = Listeners & { readonly onTrialEnd: (sofar: () => Run[]) => void }

const askedOf = (group: Group, plan: PlanOptions) =>
  group.variants.map(({ name }) => {
    const machine = group.modelled?.profile.name ?? 'threads'
    return { scenario: group.scenario.name, variant: name, machine, params: paramsOf(group, plan) }
  })

async function measuredRuns(
  { group, schedule }: Part,
  options: BenchOptions,
  now: Result,
  listeners: MeasuredListeners,
): Promise<readonly Run[]> {
  const runs = await runGroup(group, schedule, options, now, listeners)
  if (options.earlier === undefined) return runs
  const doubts = driftSince(options.earlier, now)
  return runs.map((run) => ({ ...run, warnings: [...run.warnings, ...doubts] }))
}

/** A run of a broken variant alone may well fail: that says nothing of what comes after it. */
const isBroken = ({ variants }: Group) => variants.every(({ kind }) => kind === 'broken')

async function measuredResult({ command, plan, profiles, runtime, signal }: BenchOptions): Promise<Result> {
  const calibration = await calibrate(CALIBRATION_MS, signal)
  return {
    schema: SCHEMA,
    version: VERSION,
    id: randomUUID(),
    createdAt: new Date().toISOString(),
    command,
    seed: plan.seed,
    source: describeSource(),
    host: describeHost(runtime, calibration.clock_read_ns ?? 0),
    calibration,
    ...(profiles === undefined ? {} : { profiles }),
    runs: [],
  }
}

async function runGroup(
  group: Group,
  schedule: readonly PlannedTrial[],
  options: BenchOptions,
  { calibration, host }: Result,
  { onTrial, onTrialEnd, onFailure }: MeasuredListeners,
): Promise<Run[]> {
  const cores = usableCores(host)
  const turnNs = calibration.work_turn_ns!
  const stealBefore = readSteal()
  const played: Played = { done: [], timelines: new Map(), error: null, failed: undefined, disturbed: 0 }
  const runs = (turnsAfter: number, isCut: boolean) => {
    const stealAfter = readSteal()
    const stealShare = (stealAfter.steal - stealBefore.steal) / Math.max(1, stealAfter.total - stealBefore.total)
    const circumstances = {
      workers: workersOf(group, options.plan),
      cores,
      calibration,
      turnNs: [turnNs, turnsAfter] as const,
      stealShare,
      expectedMs: isPlayedInTime(group) ? 0 : options.plan.durationMs,
    }
    return runsOf({ group, schedule, plan: options.plan, played, circumstances, isCut })
  }
  for (const [place, planned] of schedule.entries()) {
    const variant = group.variants[planned.variant]!
    onTrial(`${group.scenario.name} ${variant.name}`)
    try {
      const { value, disturbed } = await undisturbed(options, () => runTrial(group, options, planned, cores, turnNs))
      played.disturbed += disturbed
      if (value === undefined) continue
      const { trial, timeline } = value
      played.done.push({ planned, place, trial })
      if (timeline !== undefined) played.timelines.set(planned.variant, timeline)
      onTrialEnd(() => runs(turnNs, true))
    } catch (cause) {
      if (options.signal.aborted) break
      onFailure?.(cause)
      played.error = errorOf(cause, group, variant.name)
      played.failed = failedOf(cause, planned.variant)
      break
    }
  }
  if (played.done.length === 0 && played.disturbed > 0) played.error ??= alwaysStopped(group, played.disturbed)
  const isCut = options.signal.aborted
  return runs(isCut ? turnNs : await calibrateTurn(CALIBRATION_MS), isCut)
}

/** A trial in which the process did not stand still, and how many did before it; none of those is used. */
async function undisturbed<T>(options: BenchOptions, trial: () => Promise<T>) {
  const { stops = () => 0 } = options
  for (let disturbed = 0; disturbed < MOST_AGAIN; disturbed += 1) {
    const { value, isDisturbed } = await watched(stops, trial)
    if (!isDisturbed) return { value, disturbed }
  }
  return { value: undefined, disturbed: MOST_AGAIN }
}

const alwaysStopped = ({ scenario, variants }: Group, trials: number): RunError => ({
  code: 'DISTURBED',
  message: `the process stood still during all of ${trials} trials`,
  context: { scenario: scenario.name, variant: variants.map(({ name }) => name).join(', ') },
  hint: 'Let the host run it without a stop, and longer than a trial at a time.',
})

function failedOf(cause: unknown, variant: number): Failed | undefined {
  if (!(cause instanceof RunFailed) || cause.partial === undefined) return undefined
  const { ran, roles } = cause.partial as PartialRun
  return { variant, violations: violationsOf(ran, roles), splats: ran.splats ?? [] }
}

async function runTrial(
  group: Group,
  options: BenchOptions,
  planned: PlannedTrial,
  cores: number,
  turnNs: number,
): Promise<{ readonly trial: Trial; readonly timeline?: RunTimeline | undefined }> {
  const { signal } = options
  const isPicture = planned.purpose === 'timeline'
  const plan = isPicture ? { ...options.plan, sampleEvery: 1 } : options.plan
  const variant = group.variants[planned.variant]!
  if (group.scenario.kind === 'primitives') {
    const { warmupMs, durationMs } = plan
    const primitive = variant.name as PrimitiveName
    const { words = 'atomics' } = group
    const workers = group.crew.vcpus
    const trial = await primitiveTrial({ primitive, workers, cores, words, warmupMs, durationMs, signal })
    return { trial }
  }
  const isTimed = planned.mode === 'latency'
  const instruments = variant.instruments ?? instrumentsOf(variant, isTimed, plan)
  const { system, roles } = loadOf(group, group.scenario, plan, planned.seed, instruments, variant)
  const costs = costsOf(group, plan)
  const turns = ({ name, ns }: { readonly name: string; readonly ns: number }) => (costs[name] ?? ns) / turnNs
  const ran = await run({
    system: {
      ...system,
      ...protocolOf(variant),
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
    words: group.words ?? 'atomics',
    timelineEvents: isPicture ? plan.timelineEvents : 0,
    stallMs: STALL_MS,
    signal,
  })
  return {
    trial: trialOf(ran, roles, planned.mode),
    timeline: timelineOf(ran, (cpu) => workerName(roles, cpu), planned.seed),
  }
}

/** What costs much watches where nothing is measured that it could disturb: trials for latency, and broken variants. */
function instrumentsOf({ kind }: Variant, isTimed: boolean, { oracles }: PlanOptions): Instruments {
  const lockdep = oracles && (isTimed || kind === 'broken')
  return { oracles, recorder: isTimed, lockStatistics: isTimed, lockdep }
}
