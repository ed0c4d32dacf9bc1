import { basename } from 'node:path'
import { ModelFailed } from '../errors/faultline-error.ts'
import type { SentSystem } from '../patches/code.ts'
import { systemOf } from '../patches/load.ts'
import { atThrown } from '../patches/place-in.ts'
import { violationsAtRest } from '../protocols/at-rest.ts'
import { lockSplats } from '../protocols/lock-report.ts'
import type { Note } from '../protocols/tracepoints.ts'
import { Records } from '../shared-memory/records.ts'
import { Random } from '../workers/random.ts'
import { type RolePlan, workerName } from '../workers/roles.ts'
import { type RunResult, shapeOf, type Window } from '../workers/run-result.ts'
import { broughtBy } from '../workers/system.ts'
import { Timeline, TRACED, Trigger } from '../workers/timeline.ts'
import { BLAME } from './blame.ts'
import { costsOf } from './costs.ts'
import type { SimulatedCpu } from './cpu.ts'
import { loadFlatBuild } from './flat.ts'
import { Machine } from './machine.ts'
import type { Profile } from './profile.ts'
import { MOST_AT_ONE_MOMENT, timeStands } from './time-stands.ts'
import { type Placement, Topology } from './topology.ts'
import { stuckText, whereNow } from './where-now.ts'

export type ModelOptions = {
  readonly machine: Profile
  readonly system: SentSystem
  readonly roles: readonly RolePlan[]
  readonly warmupMs: number
  readonly durationMs: number
  /** The load is a recording of this length, which replaces warm-up and duration; 0: it is endless. */
  readonly recordingMs: number
  /** From when on a recording is measured; from its beginning if it is not said. */
  readonly measureFromMs?: number
  /** How many events each CPU may note of what it does; 0: it notes nothing. */
  readonly timelineEvents?: number
  /** Whether the timelines hold KVM's tracepoints too, and begin with the run. */
  readonly isTraced?: boolean
  readonly seed: number
  /** Where the CPUs of the run are put; `fill` if it is not said. */
  readonly placement?: Placement | undefined
  /** Gives the run up. */
  readonly signal?: AbortSignal
}

export type ModelResult = RunResult & {
  /** By role: ns of its window by what is to blame, in the order of BLAMES. */
  readonly blockedNs: readonly Float64Array[]
  /** Instructions that were carried out. */
  readonly steps: number
}

/** ps in a ms. */
const MS = 1e9
/** A recording may take longer on another machine than it was; not for ever, if the machine cannot keep up with it. */
const latestEnd = (recorded: number) => recorded * 1.25 + MS
/** CPUs do not begin at the same picosecond: those of a run with another seed begin otherwise. */
const LATEST_START = 1e6
/** Between two looks at the signal: some ms. */
const EVENTS = 1 << 14
/** No role asked whether the run is over for so many events: an operation that never ends. */
const MOST_EVENTS_AFTER_END = 2e9
/** The same of code that has not been seen to end. */
const MOST_EVENTS_OF_PATCH = 4e6

/** Plays the roles in virtual time, one CPU each. The same options give the same result, to the last digit. */
export async function runModel(options: ModelOptions): Promise<ModelResult> {
  try {
    return await playModel(options)
  } catch (cause) {
    const thrown = cause instanceof ModelFailed ? undefined : atThrown(cause)
    const place = thrown ?? belowPatch(cause, options.system)
    if (place === undefined) throw cause
    throw new ModelFailed('PATCH_THREW', `a CPU failed ${place}: ${(cause as Error).message}`, { cause })
  }
}

/** A function that had to wait is entered again without its callers: the stack does not name the place in the patch that called it. */
const belowPatch = (cause: unknown, { variant }: SentSystem): string | undefined =>
  cause instanceof ModelFailed || typeof variant === 'string' ? undefined : `in what ${basename(variant.file)} calls`

async function playModel(options: ModelOptions): Promise<ModelResult> {
  const { buildSystem, runRole } = await loadFlatBuild()
  const costs = costsOf(options.machine)
  const placement = options.placement ?? 'fill'
  const numaNodes = new Topology(costs).nodes(placement, options.roles.length)
  const system = { ...(await systemOf(options.system, 'flat')), numaNodes }
  const own = broughtBy(system.variant)
  const note: Note = (cpu, tracepoint, value, other) =>
    timelines[cpu]?.add(machine.cpus[cpu]!.now(), TRACED + tracepoint, value, other)
  const { place, vm } = buildSystem(system, options.isTraced === true ? note : undefined)
  const words = new Int32Array(Math.max(1, place.words))
  vm.initialise(words)
  const { roles, recordingMs } = options
  const shape = { ...shapeOf(place, roles.length, own), hasOneHistogram: true }
  const records = new Records(shape, Records.buffers(shape, ArrayBuffer))
  const isRecording = recordingMs > 0
  const measureFrom = isRecording ? (options.measureFromMs ?? 0) * MS : options.warmupMs * MS
  const measureUntil = isRecording ? latestEnd(recordingMs * MS) : measureFrom + options.durationMs * MS
  let lastEnd = recordingMs * MS
  const events = options.timelineEvents ?? 0
  const timelines = roles
    .slice(0, events === 0 ? 0 : roles.length)
    .map(() => new Timeline(new Float64Array(Timeline.size(events))))
  const trigger = Trigger.of(Int32Array.of(options.isTraced === true ? 1 : 0), roles)
  const { invalidateSeq, invalidateInProgress } = vm
  const noted = events === 0 ? undefined : { timelines, trigger, invalidateSeq, invalidateInProgress }
  const machine: Machine = new Machine(
    {
      place,
      words,
      cpus: roles.length,
      costs,
      records,
      measureFrom,
      measureUntil,
      seed: options.seed,
      placement,
      noted,
    },
    (cpu) => {
      // A role of endless load that ends is a part of the load that is missing: no role is measured without it.
      if (isRecording) lastEnd = Math.max(lastEnd, cpu.clock)
      else machine.endAt(cpu.clock)
      cpu.ledger.roleEnded(cpu.clock)
    },
  )
  const random = new Random(options.seed)
  for (const [id, plan] of roles.entries()) {
    machine.play(id, () => runRole(machine.cpus[id]!, vm, plan), isRecording ? 0 : random.below(LATEST_START))
  }
  const waiting = () => stuckText(machine, roles, place)
  await play(machine, options, waiting)
  if (machine.stuck.length > 0) throw new ModelFailed('DEADLOCK', `nothing can happen any more: ${waiting()}`)
  return {
    ...(own === undefined ? {} : { own }),
    place,
    records,
    windows: machine.cpus.map((cpu) => windowOf(machine, cpu, isRecording ? lastEnd : cpu.ledger.ended)),
    atRest: violationsAtRest(vm, words),
    timelines,
    splats: lockSplats(vm, words, place, (cpu) => workerName(roles, cpu)),
    blockedNs: machine.cpus.map(({ ledger }) => ledger.blockedInWindow.map((ps) => ps / 1000)),
    steps: machine.steps,
  }
}

async function play(machine: Machine, { signal, system }: ModelOptions, waiting: () => string): Promise<void> {
  let left = typeof system.variant === 'string' ? MOST_EVENTS_AFTER_END : MOST_EVENTS_OF_PATCH
  let [moment, atMoment] = [machine.now, 0]
  do {
    // The command line hears of an interruption only when it is let, between short runs too.
    await new Promise((resolve) => setImmediate(resolve))
    if (signal?.aborted) throw new ModelFailed('INTERRUPTED', 'the run was aborted')
    if (machine.isEnding) left -= EVENTS
    atMoment = machine.now === moment ? atMoment + EVENTS : 0
    moment = machine.now
    if (atMoment > MOST_AT_ONE_MOMENT) throw timeStands(moment, 'events')
    if (left < 0) {
      const stuck = waiting()
      const where = whereNow(machine, system)
      throw new ModelFailed('STALLED', `an operation did not end although the run was over${where}: ${stuck}`)
    }
  } while (machine.run(EVENTS))
}

function windowOf({ cores }: Machine, { id, ledger }: SimulatedCpu, ended: number): Window {
  const { began } = ledger
  const waitNs = ledger.blockedInWindow[BLAME.preemption]! / 1000
  const runNs = (ended - began) / 1000 - waitNs
  return { beganNs: began / 1000, endedNs: ended / 1000, schedstat: { runNs, waitNs, slices: cores.slices[id]! } }
}
