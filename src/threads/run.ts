import { basename } from 'node:path'
import { RunFailed } from '../errors/faultline-error.ts'
import type { PatchCode, SentSystem } from '../patches/code.ts'
import { systemOf } from '../patches/load.ts'
import { atThrown, placeInStack } from '../patches/place-in.ts'
import { violationsAtRest } from '../protocols/at-rest.ts'
import { COUNTERS } from '../protocols/counters.ts'
import { lockSplats } from '../protocols/lock-report.ts'
import { Records } from '../shared-memory/records.ts'
import { type RolePlan, workerName } from '../workers/roles.ts'
import { type RunResult, shapeOf } from '../workers/run-result.ts'
import { broughtBy, buildSystem } from '../workers/system.ts'
import { Timeline, Trigger } from '../workers/timeline.ts'
import { bindThreads } from './bind.ts'
import { conduct, type RunContext } from './conductor.ts'
import { Control } from './control.ts'
import { SPIN_LOOKS, SPIN_LOOKS_CROWDED } from './cpu.ts'
import { DeadlockWatch } from './deadlock.ts'
import { WorkerGroup } from './group.ts'
import { HAND_OVER_WORDS } from './hand-over.ts'
import { keptWindow, keptWindows } from './kept.ts'
import { liveRun, type Watch } from './live.ts'
import { allocate, type Words } from './memory.ts'
import { Status } from './status.ts'
import { describeWait } from './watchdog.ts'
import type { RoleEnded, RoleTask, RunSpec } from './worker.ts'

export type RunOptions = {
  readonly system: SentSystem
  readonly roles: readonly RolePlan[]
  readonly warmupMs: number
  readonly durationMs: number
  /** The load is a recording of this length, which replaces warm-up and duration; 0: it is endless. */
  readonly recordingMs: number
  /** Turns of the calibrated loop for a unit of each kind of work, and of each kind of broadcast. */
  readonly workTurns: readonly number[]
  readonly broadcastTurns: readonly number[]
  readonly cores: number
  readonly words?: Words
  /** Binds each worker to a CPU if there are as many as cores (see `Binding`); undefined: the host decides where they run. */
  readonly turn?: number
  /** How many events each CPU may record for a timeline; 0: none. */
  readonly timelineEvents?: number
  /** A worker that shows no sign of life for so long has stalled. */
  readonly stallMs: number
  /** Observes the workers' counters while they run. */
  readonly watch?: Watch | undefined
  /** Keeps the workers for as many windows as it asks for, instead of one. The roles are endless, and one is a notifier. */
  readonly windows?: (measure: Measure) => Promise<void>
  /** Gives the run up. */
  readonly signal?: AbortSignal
}

/** Measures the workers in a window after a warm-up; undefined: the run has failed, and will say why. */
export type Measure = (warmupMs: number) => Promise<RunResult | undefined>

/** Runs the roles on fresh worker threads, one each, and returns their records. */
export async function run(options: RunOptions): Promise<RunResult> {
  const system = await systemOf(options.system, 'stepped')
  const own = broughtBy(system.variant)
  const { place, vm } = buildSystem(system)
  const { words = 'atomics' } = options
  const cpus = options.roles.length
  const shape = shapeOf(place, cpus, own)
  const memory = allocate(place, words, cpus, Records.countWords(shape))
  vm.initialise(memory.words)
  const buffers = Records.buffers(shape, SharedArrayBuffer, memory.counts)
  const control = new Control(memory.control)
  const status = new Status(memory.standings)
  const events = options.timelineEvents ?? 0
  const trigger = new SharedArrayBuffer(4)
  Trigger.of(new Int32Array(trigger), options.roles)
  const timelines = options.roles
    .slice(0, events === 0 ? 0 : cpus)
    .map(() => ({ events: new SharedArrayBuffer(Timeline.size(events) * 8), trigger }))
  const leader = leaderOf(options.roles)
  const { turn } = options
  const binding =
    turn === undefined || cpus !== options.cores
      ? undefined
      : { turn, threads: new Int32Array(new SharedArrayBuffer(cpus * 4)) }
  const spec: RunSpec = {
    system: options.system,
    memory,
    control: control.words,
    shape,
    records: buffers,
    workTurns: options.workTurns,
    broadcastTurns: options.broadcastTurns,
    interconnect: new Int32Array(new SharedArrayBuffer(128)),
    spinLooks: cpus > options.cores ? SPIN_LOOKS_CROWDED : SPIN_LOOKS,
    recordingNs: options.recordingMs * 1e6,
    leader,
    kept: options.windows && keptWindows(cpus),
    binding,
    handOver: cpus < 2 || cpus > options.cores ? undefined : new Int32Array(new SharedArrayBuffer(HAND_OVER_WORDS * 4)),
    timelines,
  }
  // A timeline records each instruction, and compiled code bypasses the recorder.
  const code =
    events === 0 && words === 'wasm'
      ? await (await import('./compile-ahead.ts')).compileAhead(options.system, options.roles, memory, shape.counters)
      : undefined
  const tasks = options.roles.map((plan, cpu): RoleTask => ({ cpu, plan, run: spec, code: code?.[cpu] }))
  const nameOf = (worker: number) => workerName(options.roles, worker)
  const deadlocks = new DeadlockWatch(vm, place, memory.words, status)
  const context: Omit<RunContext, 'hasEnded' | 'bound'> = {
    control,
    status,
    cpus,
    warmupMs: options.warmupMs,
    durationMs: options.durationMs,
    isRecording: options.recordingMs > 0,
    hasLeader: leader !== undefined,
    stallMs: options.stallMs,
    signal: options.signal,
    clearMemory: () => {
      memory.words.fill(0)
      vm.initialise(memory.words)
    },
    nameOf,
    describe: (standing) => describeWait(standing, place, memory.words),
    deadlock: () => deadlocks.look(nameOf),
  }
  const recorded = () => ({
    ...(own === undefined ? {} : { own }),
    place,
    records: new Records(shape, buffers),
    splats: lockSplats(vm, memory.words, place, nameOf),
    timelines: timelines.map((memory) => new Timeline(new Float64Array(memory.events))),
  })
  const records = new Records(shape, buffers)
  const names = tasks.map(({ cpu }) => nameOf(cpu))
  const counters = [...COUNTERS, ...(own?.counters ?? [])]
  const left = new Set(code?.flatMap((each) => each.left.map(({ method, why }) => `${method}: ${why}`)))
  const leftInJavaScript = left.size === 0 ? {} : { leftInJavaScript: [...left] }
  const watched = () => options.watch?.(liveRun({ control, status, records, place, names, counters }))
  /** The records of a window of workers that are parked, which then record from 0. */
  const ofWindow = (boundTo: Bound): RunResult => {
    const copies = buffers.map((each) => each.slice(0))
    for (const each of [records.counts, records.buckets, records.exact]) each.fill(0)
    return {
      ...recorded(),
      records: new Records(shape, copies),
      windows: tasks.map(({ cpu }) => keptWindow(spec.kept!, cpu)),
      ...(boundTo === undefined ? {} : { boundTo }),
      ...leftInJavaScript,
      atRest: [],
    }
  }
  const ofEach =
    options.windows === undefined
      ? undefined
      : async (measure: (warmupMs: number) => Promise<boolean>, bound: Promise<Bound>) => {
          await options.windows!(async (warmupMs) => {
            const unwatch = watched()
            const isMeasured = await measure(warmupMs).finally(unwatch)
            return isMeasured ? ofWindow(await bound) : undefined
          })
        }
  const unwatch = options.windows === undefined ? watched() : undefined
  const { ended, boundTo } = await play(tasks, context, options.system.variant, ofEach)
    .catch((failure) => {
      if (failure instanceof RunFailed) {
        const partial: PartialRun = { ran: { ...recorded(), windows: [], atRest: [] }, roles: options.roles }
        failure.partial = partial
      }
      throw failure
    })
    .finally(unwatch)
  const windows = ended.map(({ window }) => window)
  const handOverNs = Math.max(...ended.map((each) => each.handOverNs))
  return {
    ...recorded(),
    windows,
    ...(handOverNs === 0 ? {} : { handOverNs }),
    ...(boundTo === undefined ? {} : { boundTo }),
    ...leftInJavaScript,
    atRest: violationsAtRest(vm, memory.words),
  }
}

/**
 * A notifier takes up to tens of milliseconds from one invalidation to the next, and how fast the others are depends on where
 * between the two it is. A window from one start of an invalidation to another has no part of one at its ends.
 */
function leaderOf(roles: readonly RolePlan[]): number | undefined {
  const first = roles.findIndex((plan) => plan.role === 'notifier' && plan.invalidations.kind !== 'recorded')
  return first < 0 ? undefined : first
}

/** The partial result of a failed run. */
export type PartialRun = { readonly ran: RunResult; readonly roles: readonly RolePlan[] }

type Bound = readonly number[] | undefined

async function play(
  tasks: readonly RoleTask[],
  context: Omit<RunContext, 'hasEnded' | 'bound'>,
  variant: SentSystem['variant'],
  windows: ((measure: (warmupMs: number) => Promise<boolean>, bound: Promise<Bound>) => Promise<void>) | undefined,
): Promise<{ readonly ended: RoleEnded[]; readonly boundTo: Bound }> {
  const group = new WorkerGroup(new URL('./worker.js', import.meta.url), tasks.length)
  let hasEnded = false
  const ending = group.run<RoleTask, RoleEnded>('role', tasks, context.control).finally(() => {
    hasEnded = true
  })
  const { binding } = tasks[0]!.run
  const bound = binding === undefined ? Promise.resolve(undefined) : bindThreads(binding, () => hasEnded)
  try {
    const failure = await conduct({
      ...context,
      hasEnded: () => hasEnded,
      bound,
      windows: windows && ((measure) => windows(measure, bound)),
    })
    if (failure !== undefined) context.control.abort()
    const settled = await ending
    if (failure?.code === 'WORKER_STALLED' && typeof variant !== 'string') sayWhere(failure, settled, variant)
    // Workers that look at the phase, and do not wait, return from an aborted run as from any other.
    if (failure !== undefined) throw failure
    const ended = settled.map((outcome, cpu) => {
      if (outcome.status === 'fulfilled') return outcome.value
      throw workerFailure(settled, context.nameOf, cpu)
    })
    return { ended, boundTo: await bound }
  } finally {
    await group.destroy()
  }
}

/** Adds where in a patch workers were when they were told to stop: their last words have the calls that they stood in. */
function sayWhere(failure: RunFailed, settled: readonly PromiseSettledResult<unknown>[], patch: PatchCode): void {
  const stacks = settled.map((outcome) => (outcome.status === 'rejected' ? String(outcome.reason?.stack ?? '') : ''))
  const places = stacks.flatMap((stack) => placeInStack(stack, patch.modules.direct) ?? [])
  if (places.length > 0) failure.message += `; it was in ${basename(patch.file)}:${places[0]}`
}

/** The first failure that is a cause and not a consequence. */
function workerFailure(
  settled: readonly PromiseSettledResult<RoleEnded>[],
  nameOf: (cpu: number) => string,
  first: number,
): RunFailed {
  const isCause = (outcome: PromiseSettledResult<RoleEnded>) =>
    outcome.status === 'rejected' && outcome.reason?.name !== 'RunAborted' && outcome.reason?.name !== 'AbortError'
  const cause = settled.findIndex(isCause)
  const cpu = cause < 0 ? first : cause
  const { reason } = settled[cpu] as PromiseRejectedResult
  const place = atThrown(reason)
  if (place !== undefined) {
    return new RunFailed('PATCH_THREW', `${nameOf(cpu)} failed ${place}: ${reason.message}`, { cause: reason })
  }
  return new RunFailed('WORKER_FAILED', `${nameOf(cpu)} failed: ${reason?.message ?? reason}`, { cause: reason })
}
