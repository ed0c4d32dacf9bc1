import { COUNTERS, HISTOGRAM, HISTOGRAMS } from '../protocols/counters.ts'
import { ORACLES, violationsAtRest } from '../protocols/oracles.ts'
import type { Place } from '../shared-memory/place.ts'
import type { RolePlan } from '../workers/roles.ts'
import { buildSystem, type SystemSpec } from '../workers/system.ts'
import { Control, DRAIN, MEASURE, STOP, WARMUP } from './control.ts'
import { SPIN_LOOKS, SPIN_LOOKS_CROWDED, type Window } from './cpu.ts'
import { WorkerGroup } from './group.ts'
import { allocate, type Memory } from './memory.ts'
import { Records, type Shape } from './records.ts'
import { type Standing, Status } from './status.ts'
import { describeWait, Watchdog } from './watchdog.ts'
import type { RoleTask, RunSpec } from './worker.ts'

/** A run that could not be finished. */
export class RunFailed extends Error {
  readonly code: 'START_FAILED' | 'WORKER_FAILED' | 'WORKER_STALLED' | 'INTERRUPTED'

  constructor(code: RunFailed['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RunFailed'
    this.code = code
  }
}

export type RunOptions = {
  readonly system: SystemSpec
  readonly roles: readonly RolePlan[]
  readonly warmupMs: number
  readonly durationMs: number
  /** The load is a recording of this length, which replaces warm-up and duration; 0: it is endless. */
  readonly recordingMs: number
  /** Turns of the calibrated loop for a unit of each kind of work, and of each kind of broadcast. */
  readonly workTurns: readonly number[]
  readonly broadcastTurns: readonly number[]
  readonly cores: number
  /** A worker that shows no sign of life for so long has stalled. */
  readonly stallMs: number
  /** Gives the run up. */
  readonly signal?: AbortSignal
}

export type RunResult = {
  readonly place: Place
  readonly records: Records
  /** One a role. */
  readonly windows: readonly Window[]
  /** Properties violated at rest, by oracle. */
  readonly atRest: ReturnType<typeof violationsAtRest>
}

const START_DEADLINE_MS = 20_000
/** Recordings begin this long after the start, so that every worker is awake. */
const LEAD_MS = 5

/** Plays the roles on fresh worker threads, one each, and returns what they recorded. */
export async function run(options: RunOptions): Promise<RunResult> {
  const { place, vm } = buildSystem(options.system)
  const memory = allocate(place)
  vm.initialise(memory.words)
  const cpus = options.roles.length
  const shape: Shape = {
    cpus,
    counters: COUNTERS.length,
    histograms: HISTOGRAMS.length,
    locks: place.locks.length,
    oracles: ORACLES.length,
    timedLock: {
      lock: place.locks.findIndex(({ name }) => name === 'mmuLock'),
      waits: [HISTOGRAM.mmu_lock_wait_ns_read, HISTOGRAM.mmu_lock_wait_ns_write],
      holds: [HISTOGRAM.mmu_lock_hold_ns_read, HISTOGRAM.mmu_lock_hold_ns_write],
    },
  }
  const buffers = Records.buffers(shape, SharedArrayBuffer)
  const control = new Control()
  const status = Status.forCpus(cpus)
  const spec: RunSpec = {
    system: options.system,
    memory,
    control: control.words,
    status: status.words,
    shape,
    records: buffers,
    workTurns: options.workTurns,
    broadcastTurns: options.broadcastTurns,
    interconnect: new Int32Array(new SharedArrayBuffer(128)),
    spinLooks: cpus > options.cores ? SPIN_LOOKS_CROWDED : SPIN_LOOKS,
    recordingNs: options.recordingMs * 1e6,
  }
  const tasks = options.roles.map((plan, cpu): RoleTask => ({ cpu, plan, run: spec }))
  const windows = await conduct(options, tasks, control, status, place, memory)
  return { place, records: new Records(shape, buffers), windows, atRest: violationsAtRest(vm, memory.words) }
}

async function conduct(
  options: RunOptions,
  tasks: readonly RoleTask[],
  control: Control,
  status: Status,
  place: Place,
  memory: Memory,
): Promise<Window[]> {
  const group = new WorkerGroup(new URL('./worker.js', import.meta.url), tasks.length)
  const nameOf = (cpu: number) => workerName(options.roles, cpu)
  const ending = group.run<RoleTask, Window>('role', tasks, control)
  let failure: RunFailed | undefined
  try {
    failure = await direct(options, tasks.length, control, status, ({ cpu, standing }, trouble) => {
      const waits = describeWait(standing, place, memory.words)
      return new RunFailed('WORKER_STALLED', `${nameOf(cpu)} ${trouble}: it ${waits}`)
    })
    if (failure !== undefined) control.abort()
    const settled = await ending
    return settled.map((outcome, cpu) => {
      if (outcome.status === 'fulfilled') return outcome.value
      throw failure ?? workerFailure(settled, nameOf, cpu)
    })
  } finally {
    await group.destroy()
  }
}

/** The first failure that is a cause and not a consequence. */
function workerFailure(
  settled: readonly PromiseSettledResult<Window>[],
  nameOf: (cpu: number) => string,
  first: number,
): RunFailed {
  const isCause = (outcome: PromiseSettledResult<Window>) =>
    outcome.status === 'rejected' && outcome.reason?.name !== 'RunAborted' && outcome.reason?.name !== 'AbortError'
  const cause = settled.findIndex(isCause)
  const cpu = cause < 0 ? first : cause
  const { reason } = settled[cpu] as PromiseRejectedResult
  return new RunFailed('WORKER_FAILED', `${nameOf(cpu)} failed: ${reason?.message ?? reason}`, { cause: reason })
}

/** Moves the run through its phases; returns why it must be given up, if it must. */
async function direct(
  options: RunOptions,
  cpus: number,
  control: Control,
  status: Status,
  stalled: (who: { readonly cpu: number; readonly standing: Standing }, trouble: string) => RunFailed,
): Promise<RunFailed | undefined> {
  const began = performance.now()
  while (control.arrived < cpus) {
    if (control.isAborted) return undefined
    if (options.signal?.aborted) return new RunFailed('INTERRUPTED', 'the run was interrupted')
    if (performance.now() - began > START_DEADLINE_MS) {
      return startFailed(options, status, cpus)
    }
    await sleep(1)
  }

  const watchdog = new Watchdog(status, cpus, options.stallMs)
  const isRecording = options.recordingMs > 0
  control.originMs = performance.now() + (isRecording ? LEAD_MS : 0)
  control.advance(isRecording ? MEASURE : WARMUP)
  const schedule = isRecording
    ? []
    : [
        { phase: MEASURE, atMs: options.warmupMs },
        { phase: DRAIN, atMs: options.warmupMs + options.durationMs },
      ]
  let drainingSinceMs = performance.now()
  for (;;) {
    if (control.isAborted || control.phase === STOP) return undefined
    if (options.signal?.aborted) return new RunFailed('INTERRUPTED', 'the run was interrupted')
    const elapsed = performance.now() - control.originMs
    while (schedule.length > 0 && elapsed >= schedule[0]!.atMs) control.advance(schedule.shift()!.phase)
    const stall = watchdog.look()
    if (stall !== undefined) return stalled(stall, `has made no progress for ${seconds(stall.forMs)} s`)
    if (control.phase !== DRAIN) drainingSinceMs = performance.now()
    const drainingMs = performance.now() - drainingSinceMs
    const late = drainingMs > options.stallMs ? firstUndrained(status, cpus) : undefined
    if (late !== undefined) return stalled(late, `goes on for ${seconds(drainingMs)} s after the end of the run`)
    const next = schedule[0] === undefined ? 20 : Math.max(1, Math.min(20, schedule[0].atMs - elapsed))
    await sleep(next)
  }
}

const seconds = (ms: number) => (ms / 1000).toFixed(1)

/** A worker beats once before it comes to the barrier. */
function startFailed({ roles }: RunOptions, status: Status, cpus: number): RunFailed {
  const missing = Array.from({ length: cpus }, (_, cpu) => cpu).filter((cpu) => status.of(cpu).heartbeat === 0)
  const names = missing.map((cpu) => workerName(roles, cpu)).join(', ')
  return new RunFailed('START_FAILED', `${names} did not start within ${seconds(START_DEADLINE_MS)} s`)
}

/** Whoever lives and yet does not come to the end of its operation. */
function firstUndrained(status: Status, cpus: number) {
  const all = Array.from({ length: cpus }, (_, cpu) => ({ cpu, standing: status.of(cpu) }))
  return all.find(({ standing }) => !standing.isDrained)
}

/** `vcpu 0`, `notifier 1`: counted within each role. */
export function workerName(roles: readonly RolePlan[], cpu: number): string {
  const { role } = roles[cpu]!
  return `${role} ${roles.slice(0, cpu).filter((other) => other.role === role).length}`
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
