import { ReplayError } from '../errors/faultline-error.ts'
import type { MemslotConfig } from '../protocols/memslots/memslot.ts'
import type { RecordedZapPlan } from '../workers/zapper.ts'
import { type MmuLock, mmuLockOf } from './contention.ts'
import { doubtsOf } from './doubts.ts'
import type { FaultLog } from './fault-log.ts'
import { type FaultSource, faultSourceOf } from './fault-source.ts'
import { type KernelLane, kernelTimeline } from './kernel-timeline.ts'
import { Layout, recordedHva } from './layout.ts'
import type { KnownMemslots, RecordedMemslot } from './memslots.ts'
import { mmuOf } from './mmu.ts'
import { type Adopted, notifierParts } from './notifiers.ts'
import { orderOf } from './order.ts'
import { pacerOf, zapOf } from './pacer.ts'
import { mapUnitsOf } from './pacing.ts'
import { type Plays, playsOf, playsSay } from './plays.ts'
import { type RecordedCosts, recordedCosts } from './recorded-costs.ts'
import { type RecordedTimes, recordedTimes } from './recorded-times.ts'
import type { Recording } from './recording.ts'
import { rolesOf, type TaskRole } from './roles.ts'
import type { Speed } from './speed.ts'
import { accessesOf, invalidationsOf, type RecordedAccesses, type RecordedInvalidations, updatesOf } from './streams.ts'
import { takingsOf } from './takings.ts'
import type { Task } from './task.ts'
import { NO_RWLOCK } from './waits.ts'

type VcpuStream = { readonly pid: number; readonly name: string; readonly accesses: RecordedAccesses }
type NotifierStream = {
  readonly pid: number
  readonly name: string
  readonly invalidations: RecordedInvalidations
}

/** When a task deleted a memslot, as far as zapped page tables show it; each time it had added one before. */
type UpdaterStream = {
  readonly pid: number
  readonly name: string
  readonly atNs: Float64Array
  /** A separate role replays its zaps if there are no memslots to update; null at a speed without times. */
  readonly zap: RecordedZapPlan | null
}

/** A recording as roles play it: from its first event on, which is at 0 ns. */
export type Workload = {
  readonly memslots: readonly MemslotConfig[]
  readonly memslotsSay: string
  readonly vcpus: readonly VcpuStream[]
  readonly notifiers: readonly NotifierStream[]
  /** Threads that change memslots, and the slot that they change: where that lay is not recorded. */
  readonly updaters: readonly UpdaterStream[]
  readonly spareMemslot: MemslotConfig
  /** The duration of the recording. */
  readonly recordedNs: number
  /** The duration of its replay; 0 if the roles repeat until they are stopped. */
  readonly replayNs: number
  readonly faultsSay: string
  readonly faults: number
  readonly plays: Plays
  /** The same in a sentence. */
  readonly playsSay: string
  /** The kernel's times in the recording, and the costs that a replay is charged for them. */
  readonly times: RecordedTimes
  readonly costs: RecordedCosts
  /** How the recorded host maps its guests' memory, as far as the recording shows. */
  readonly mmu: 'tdp' | 'shadow'
  /** The recorded host's preemption model; null if the recording does not contain it. */
  readonly preempt: 'none' | 'full' | null
  /** SPTEs that were mapped along with a neighbour and count as part of its fault. */
  readonly foldedSptes: number
  /** Faults that are not replayed, as no memslot has their gfn. */
  readonly faultsOutsideMemslots: number
  readonly invalidations: number
  readonly invalidationsOutsideMemslots: number
  /** The kernel's own waits for mmu_lock; null if none was recorded. */
  readonly mmuLock: MmuLock | null
  /** The recorded activity of the replayed tasks, on request. */
  readonly kernelTimeline: readonly KernelLane[] | undefined
  readonly warnings: readonly string[]
  /** Notes on a replay with memslot updates, and on one without. */
  readonly updatesSay: readonly string[]
  readonly zapsSay: readonly string[]
}

export type WorkloadOptions = {
  readonly speed: Speed
  /** The most notifiers: each is a thread. */
  readonly notifiers: number
  /** Times of another recording, or of a part of this one; they fill gaps of the whole recording. */
  readonly times?: RecordedTimes
  /** The times of this recording are taken from its beginning only. */
  readonly learnUntilNs?: number
  /** Events of each task for a picture. */
  readonly timelineEvents?: number
}

/** Makes a workload of a recording that was read with `keepStreams`. */
export function workloadOf(recording: Recording, known: KnownMemslots, options: WorkloadOptions): Workload {
  const { speed } = options
  const roles = rolesOf(recording.tasks.all)
  const source = faultSourceOf(recording, roles)
  if (source === undefined) throw noFaults(recording)
  const tasks = roles.map(({ task }) => task).filter((task) => source.logOf(task).count > 0)
  const layout = new Layout(known.slots, () => touchedBlocks(tasks, source, known.slots))
  const isPlayed = (gfn: number) => layout.gfn(gfn) >= 0
  const mmuLock = mmuLockOf(recording, roles)
  const players = tasks.filter((task) => hasPlayable(source.logOf(task), isPlayed))
  const zappers = roles.filter(({ task, role }) => role === 'memslot updater' && task.zapRuns.length > 0)
  const takings = takingsOf(recording, known.slots, new Set(zappers.map(({ task }) => task.pid)))
  const { parts, adopted } = notifierParts(roles, takings.log, options.notifiers)
  const order = orderOf(recording, {
    vcpus: players.map(({ pid }) => pid),
    notifiers: parts,
    zappers: zappers.map(({ task }) => task.pid),
    slots: known.slots,
    takings,
    fault: source.what,
    mmuLock: mmuLock?.rwlock ?? NO_RWLOCK,
    isPlayed,
  })
  const lock = mmuLock?.rwlock ?? NO_RWLOCK
  const { stepNs } = recording.clock
  const times = options.times ?? recordedTimes(recording.moments!, order, lock, stepNs, options.learnUntilNs)
  const costs = recordedCosts(times, zappers.length > 0, players.length)
  const unitsOf = (vcpu: number) =>
    costs.map_spte === undefined ? {} : { mapUnits: mapUnitsOf(order.faults[vcpu]!, times, costs.map_spte, vcpu + 1) }
  const pacer = pacerOf(order, zappers.length, times, source, speed, stepNs)
  const vcpus = players.map(({ pid, name }, vcpu): VcpuStream => {
    return {
      pid,
      name,
      accesses: { ...accessesOf(order.faults[vcpu]!, layout, speed), ...pacer.ofFaults(vcpu), ...unitsOf(vcpu) },
    }
  })
  const notifiers = parts.map(({ pid, name, indices }, notifier): NotifierStream => {
    const plan = invalidationsOf(takings.log, indices, layout, speed)
    return { pid, name, invalidations: { ...plan, ...pacer.ofTakings(notifier) } }
  })
  const updaters = zappers.map(({ task }, zapper): UpdaterStream => {
    const taking = parts.length + zapper
    return {
      pid: task.pid,
      name: task.name,
      atNs: updatesOf(task.zapRuns, speed),
      zap: zapOf(order.takings[taking]!, pacer.ofTakings(taking).pace, speed),
    }
  })
  const invalidationsOutsideMemslots = recording.invalidations.outside(known.slots)
  const faults = vcpus.reduce((sum, { accesses }) => sum + accesses.gfns.length, 0)
  const faultsOutsideMemslots = source.count - faults
  if (faults === 0) throw noneInside(source, known)
  const plays = playsOf(order, source.count, faultsOutsideMemslots)
  return {
    memslots: layout.memslots,
    memslotsSay: known.says,
    vcpus,
    notifiers,
    updaters,
    spareMemslot: layout.spare,
    updatesSay: updatesSay(updaters),
    zapsSay: zapsSay(recording, updaters),
    recordedNs: recording.clock.spanNs,
    replayNs: speed === 'max' ? 0 : recording.clock.spanNs / speed,
    faultsSay: source.says,
    faults,
    plays,
    playsSay: playsSay(plays, speed),
    times,
    costs,
    mmu: mmuOf(recording, source, mmuLock) ?? 'tdp',
    preempt: preemptOf(mmuLock, recording.invalidations.unmaps - invalidationsOutsideMemslots),
    foldedSptes: source.folded,
    faultsOutsideMemslots,
    invalidations: recording.invalidations.unmaps,
    invalidationsOutsideMemslots,
    mmuLock,
    kernelTimeline:
      (options.timelineEvents ?? 0) === 0
        ? undefined
        : kernelTimeline(recording, {
            players: [...numbered('vcpu', vcpus), ...numbered('notifier', notifiers)],
            source,
            mmuLock,
            most: options.timelineEvents!,
          }),
    warnings: [...doubtsOf(recording), ...takings.says, ...warningsOf(layout, adopted)],
  }
}

/** Named as the workers that play them. */
const numbered = (role: string, tasks: readonly { readonly pid: number; readonly name: string }[]) =>
  tasks.map(({ pid, name }, index) => ({ pid, name: `${role} ${index} (${name} ${pid})` }))

function hasPlayable({ stream }: FaultLog, isPlayed: (gfn: number) => boolean): boolean {
  for (let index = 0; stream !== undefined && index < stream.gfns.length; index += 1) {
    if (isPlayed(stream.gfns.at(index))) return true
  }
  return false
}

/** Waits of vCPUs from which on it would have shown in the notifiers' waits if they yielded. */
const TELLING_WAITS = 100

/**
 * A task that yields mmu_lock because others want it queues behind them and waits in its turn, once for each yield. Notifiers that
 * waited less than once for each unmap did not yield: the kernel was not preemptible at run time.
 */
function preemptOf(mmuLock: MmuLock | null, unmaps: number): Workload['preempt'] {
  if (mmuLock === null || unmaps === 0 || waitsFor(mmuLock, 'vcpu') < TELLING_WAITS) return null
  return waitsFor(mmuLock, 'notifier') <= unmaps ? 'none' : 'full'
}

/** How often tasks of a role waited for mmu_lock. */
export const waitsFor = ({ contention }: MmuLock, wanted: TaskRole): number =>
  contention.reduce((sum, { role, waitsNs }) => sum + (role === wanted ? waitsNs.count : 0), 0)

/** The 2 MiB blocks of hvas on which a fault was recorded. */
function touchedBlocks(
  tasks: readonly Task[],
  source: FaultSource,
  slots: readonly RecordedMemslot[],
): ReadonlySet<number> {
  const blocks = new Set<number>()
  for (const task of tasks) {
    const gfns = source.logOf(task).stream?.gfns
    for (let index = 0; gfns !== undefined && index < gfns.length; index += 1) {
      const hva = recordedHva(slots, gfns.at(index))
      if (hva >= 0) blocks.add(Math.floor(hva / 512))
    }
  }
  return blocks
}

function warningsOf(layout: Layout, adopted: Adopted): readonly string[] {
  const formatted = (count: number) => count.toLocaleString('en-US')
  const warnings: string[] = []
  if (layout.warning !== undefined) warnings.push(layout.warning)
  if (adopted.invalidations > 0) {
    const { invalidations, tasks } = adopted
    warnings.push(
      `${formatted(invalidations)} invalidations of ${formatted(tasks)} other tasks are raised by the busiest notifier`,
    )
  }
  return warnings
}

function updatesSay(updaters: readonly UpdaterStream[]): string[] {
  const deletions = updaters.reduce((sum, { atNs }) => sum + atNs.length, 0)
  if (deletions === 0) return []
  const updates = (deletions * 2).toLocaleString('en-US')
  return [
    `${updates} memslot updates are replayed as a deletion for each run of zapped page tables and an addition after it: the slot is not recorded, so an unused slot is taken`,
  ]
}

function zapsSay(recording: Recording, updaters: readonly UpdaterStream[]): string[] {
  const zaps = recording.tasks.all.reduce((sum, task) => sum + task.zaps, 0)
  const why = 'memslot updates, invalidated roots'
  const formatted = zaps.toLocaleString('en-US')
  const played = updaters.some(({ zap }) => zap !== null)
    ? 'each run of them is replayed as one zap of all mappings'
    : 'not replayed, because their gfns do not fault again'
  const text = `${formatted} page tables were zapped (${why}); ${played}`
  return zaps === 0 ? [] : [text]
}

const noFaults = ({ events }: Recording) =>
  new ReplayError(
    `the recording holds no fault to replay: its events are ${events.map(({ name }) => name).join(', ')}`,
    'Record kvm:kvm_page_fault or kvmmmu:kvm_mmu_set_spte (arm64: kvm:kvm_guest_fault) too.',
  )

const noneInside = (source: FaultSource, { slots }: KnownMemslots) =>
  new ReplayError(
    `none of the ${source.count} faults is on a gfn of the ${slots.length} memslots`,
    'Do the memslots belong to this recording? Without them they are inferred.',
  )
