import { RunFailed } from '../errors/faultline-error.ts'
import { type Control, DRAIN, MEASURE, PARK, STOP, WARMUP } from './control.ts'
import type { Status } from './status.ts'
import { type Stall, Watchdog } from './watchdog.ts'

/** Everything that the main thread needs to conduct a run, through the words of its control. */
export type RunContext = {
  readonly control: Control
  readonly status: Status
  readonly cpus: number
  readonly warmupMs: number
  readonly durationMs: number
  /** The load is a recording, which is rehearsed and then played from the start; it ends by itself. */
  readonly isRecording: boolean
  /** A worker begins the phases, between two of its operations. */
  readonly hasLeader: boolean
  /** Its workers are measured in as many windows as this asks for; undefined: in one. */
  readonly windows?: Windows | undefined
  /** Workers have been bound to CPUs, or cannot be. */
  readonly bound: Promise<unknown>
  /** A worker that shows no sign of life for so long has stalled. */
  readonly stallMs: number
  readonly signal: AbortSignal | undefined
  /** Every worker has ended, with or without an error. */
  readonly hasEnded: () => boolean
  /** Clears the memory, when no worker is at work on it. */
  readonly clearMemory: () => void
  readonly nameOf: (cpu: number) => string
  /** Describes what a worker waits for. */
  readonly describe: (standing: Stall['standing']) => string
  /** Workers that wait for each other in a circle, in a sentence. */
  readonly deadlock: () => string | undefined
}

/** Asks for windows one after the other: `measure` resolves when all workers are parked again; to false if the run has failed. */
export type Windows = (measure: (warmupMs: number) => Promise<boolean>) => Promise<void>

export const START_DEADLINE_MS = 20_000
/** Recordings begin this long after the start, so that every worker is awake. */
const LEAD_MS = 5
const POLL_MS = 20
/** How long the leader may take until it begins a phase, as a part of the measured window, and how often that is looked at. */
const LEADER_SHARE = 0.25
const LEADER_POLL_MS = 4

/** Moves a run through its phases; returns why it must be aborted, if it must. */
export async function conduct(run: RunContext): Promise<RunFailed | undefined> {
  const failure = await gather(run)
  if (failure !== undefined || run.control.isAborted) return failure
  await run.bound
  const began = performance.now()
  if (!run.isRecording) {
    run.control.originMs = began
    run.control.advance(WARMUP)
    return run.windows === undefined ? await follow(run, timed(run, began)) : await again(run, run.windows)
  }
  const rehearsal = await rehearse(run)
  if (rehearsal !== undefined || run.control.isAborted) return rehearsal
  run.clearMemory()
  run.control.originMs = performance.now() + LEAD_MS
  run.control.advance(MEASURE)
  return await follow(run, [])
}

const timed = ({ warmupMs, durationMs }: Pick<RunContext, 'warmupMs' | 'durationMs'>, beganMs: number): Timed[] => [
  { phase: MEASURE, atMs: beganMs + warmupMs },
  { phase: DRAIN, atMs: beganMs + warmupMs + durationMs },
]

/** Measures the same workers in one window after the other, and parks them between. */
async function again(run: RunContext, windows: Windows): Promise<RunFailed | undefined> {
  const { control, status, cpus } = run
  let failure: RunFailed | undefined
  const areParked = () => control.phase === PARK && control.parked === cpus
  await windows(async (warmupMs) => {
    if (areParked()) {
      for (const cpu of everyCpu(cpus)) status.reopen(cpu)
      control.reopen()
    }
    const window = { ...run, hasEnded: () => run.hasEnded() || areParked() }
    failure = await follow(window, timed({ ...run, warmupMs }, performance.now()))
    return failure === undefined && areParked()
  })
  if (failure !== undefined || control.isAborted) return failure
  control.advance(STOP)
  return await follow(run, [])
}

/** Waits until all workers are at the start barrier. A worker reports progress once before it arrives. */
async function gather({ control, status, cpus, signal, nameOf }: RunContext): Promise<RunFailed | undefined> {
  const began = performance.now()
  while (control.arrived < cpus && !control.isAborted) {
    if (signal?.aborted) return interrupted()
    if (performance.now() - began > START_DEADLINE_MS) {
      const missing = everyCpu(cpus).filter((cpu) => status.of(cpu).heartbeat === 0)
      const message = `${missing.map(nameOf).join(', ')} did not start within ${seconds(START_DEADLINE_MS)} s`
      return new RunFailed('START_FAILED', message)
    }
    await sleep(1)
  }
  return undefined
}

/** Waits until all have reached the barrier for the second time. */
async function rehearse(run: RunContext): Promise<RunFailed | undefined> {
  const { control, cpus } = run
  control.originMs = performance.now() + LEAD_MS
  control.advance(WARMUP)
  const watchdog = new Watchdog(run.status, cpus, run.stallMs)
  while (control.arrived < cpus * 2 && !control.isAborted) {
    const failure = troubleOf(run, watchdog)
    if (failure !== undefined) return failure
    await sleep(1)
  }
  return undefined
}

/**
 * Runs through the timed phases, until all workers have returned. The last one to be drained stops the run, but a worker
 * may still wait inside an operation: forever, if a role that has returned should have woken it.
 */
async function follow(run: RunContext, schedule: Timed[]): Promise<RunFailed | undefined> {
  const { control } = run
  const watchdog = new Watchdog(run.status, run.cpus, run.stallMs)
  let drainingSinceMs = performance.now()
  while (!control.isAborted && !run.hasEnded()) {
    const now = performance.now()
    while (schedule.length > 0 && hasBegun(run, schedule[0]!, now)) schedule = later(schedule, now)
    if (control.phase < DRAIN) drainingSinceMs = now
    const failure = troubleOf(run, watchdog) ?? overdue(run, now - drainingSinceMs)
    if (failure !== undefined) return failure
    await sleep(pollMs(control.phase, (schedule[0]?.atMs ?? now + POLL_MS) - now))
  }
  return undefined
}

/** When to look again: soon, once the end is near. */
const pollMs = (phase: number, leftMs: number) =>
  phase >= PARK ? 1 : leftMs <= 0 ? LEADER_POLL_MS : Math.max(1, Math.min(POLL_MS, leftMs))

type Timed = { readonly phase: number; readonly atMs: number }

/** Begins a phase that is due; leaves that to the leader for a part of the window at most. */
function hasBegun({ control, hasLeader, durationMs }: RunContext, { phase, atMs }: Timed, nowMs: number): boolean {
  if (nowMs < atMs) return false
  if (!hasLeader || nowMs - atMs >= durationMs * LEADER_SHARE) control.advance(phase)
  else control.want(phase)
  return control.phase >= phase
}

/** The phases after the first, which began late: the window is not shorter for that. */
const later = ([began, ...rest]: readonly Timed[], nowMs: number): Timed[] =>
  rest.map(({ phase, atMs }) => ({ phase, atMs: atMs + nowMs - began!.atMs }))

function troubleOf({ signal, nameOf, describe, deadlock }: RunContext, watchdog: Watchdog): RunFailed | undefined {
  if (signal?.aborted) return interrupted()
  const circle = deadlock()
  if (circle !== undefined) return new RunFailed('DEADLOCK', `deadlock: ${circle}`)
  const stall = watchdog.look()
  if (stall === undefined) return undefined
  const message = `${nameOf(stall.cpu)} has made no progress for ${seconds(stall.forMs)} s: it ${describe(stall.standing)}`
  return new RunFailed('WORKER_STALLED', message)
}

/** A worker that is running and does not finish its operation. */
function overdue({ status, cpus, stallMs, nameOf, describe }: RunContext, drainingMs: number): RunFailed | undefined {
  if (drainingMs <= stallMs) return undefined
  const isAtWork = (cpu: number) => !status.of(cpu).hasReturned
  const late = everyCpu(cpus).find((cpu) => !status.of(cpu).isDrained) ?? everyCpu(cpus).find(isAtWork)
  if (late === undefined) return undefined
  const message = `${nameOf(late)} still runs ${seconds(drainingMs)} s after the end of the run: it ${describe(status.of(late))}`
  return new RunFailed('WORKER_STALLED', message)
}

const interrupted = () => new RunFailed('INTERRUPTED', 'the run was interrupted')
const everyCpu = (cpus: number) => Array.from({ length: cpus }, (_, cpu) => cpu)
const seconds = (ms: number) => (ms / 1000).toFixed(1)
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
