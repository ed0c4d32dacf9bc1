import type { MemslotConfig } from '../protocols/memslots/memslots.ts'
import { type MmuLock, mmuLockOf } from './contention.ts'
import { doubtsOf } from './doubts.ts'
import { ReplayError } from './error.ts'
import { type FaultSource, faultSourceOf } from './fault-source.ts'
import { Layout, recordedHva } from './layout.ts'
import type { KnownMemslots, RecordedMemslot } from './memslots.ts'
import { type Adopted, notifierParts } from './notifiers.ts'
import type { Recording } from './recording.ts'
import { rolesOf, type TaskRole } from './roles.ts'
import type { Speed } from './speed.ts'
import { accessesOf, invalidationsOf, type RecordedAccesses, type RecordedInvalidations, updatesOf } from './streams.ts'
import type { Task } from './task.ts'

export type VcpuStream = { readonly pid: number; readonly name: string; readonly accesses: RecordedAccesses }
export type NotifierStream = {
  readonly pid: number
  readonly name: string
  readonly invalidations: RecordedInvalidations
}

/** When a task deleted a memslot, as far as zapped page tables show it; each time it had added one before. */
export type UpdaterStream = { readonly pid: number; readonly name: string; readonly atNs: Float64Array }

/** A recording as roles play it: from its first event on, which is at 0 ns. */
export type Workload = {
  readonly memslots: readonly MemslotConfig[]
  readonly memslotsSay: string
  readonly vcpus: readonly VcpuStream[]
  readonly notifiers: readonly NotifierStream[]
  /** Threads that change memslots, and the slot that they change: where that lay is not recorded. */
  readonly updaters: readonly UpdaterStream[]
  readonly spareMemslot: MemslotConfig
  /** How long the recording is. */
  readonly recordedNs: number
  /** How long its replay is; 0 if the roles go on until they are stopped. */
  readonly replayNs: number
  readonly faultsSay: string
  readonly faults: number
  /** How the recorded host maps its guests' memory, as far as the recording tells. */
  readonly mmu: 'tdp' | 'shadow'
  /** The recorded host's, as far as the recording tells; null if it does not. */
  readonly preempt: 'none' | 'full' | null
  /** SPTEs that were mapped along with a neighbour and count as part of its fault. */
  readonly foldedSptes: number
  /** Faults that are not replayed, as no memslot has their gfn. */
  readonly faultsOutsideMemslots: number
  readonly invalidations: number
  readonly invalidationsOutsideMemslots: number
  /** What the kernel's own waits for mmu_lock were; null if none was recorded. */
  readonly mmuLock: MmuLock | null
  readonly warnings: readonly string[]
  /** What to know of a replay that plays memslot updates, and of one that does not. */
  readonly updatesSay: readonly string[]
  readonly zapsSay: readonly string[]
}

export type WorkloadOptions = {
  readonly speed: Speed
  /** At most so many notifiers: each is a thread. */
  readonly notifiers: number
}

/** Makes a workload of a recording that was read with `keepStreams`. */
export function workloadOf(recording: Recording, known: KnownMemslots, options: WorkloadOptions): Workload {
  const { speed } = options
  const roles = rolesOf(recording.tasks.all)
  const source = faultSourceOf(recording, roles)
  if (source === undefined) throw noFaults(recording)
  const tasks = roles.map(({ task }) => task).filter((task) => source.logOf(task).count > 0)
  const layout = new Layout(known.slots, () => touchedBlocks(tasks, source, known.slots))
  const { parts, adopted } = notifierParts(roles, recording.invalidations, options.notifiers)
  const streams = tasks.map((task): VcpuStream => {
    return { pid: task.pid, name: task.name, accesses: accessesOf(source.logOf(task), layout, speed) }
  })
  const vcpus = streams.filter(({ accesses }) => accesses.gfns.length > 0)
  const notifiers = parts.map(({ pid, name, indices }): NotifierStream => {
    return { pid, name, invalidations: invalidationsOf(recording.invalidations, indices, layout, speed) }
  })
  const updaters = roles
    .filter(({ task, role }) => role === 'memslot updater' && task.zapRuns.length > 0)
    .map(({ task }): UpdaterStream => ({ pid: task.pid, name: task.name, atNs: updatesOf(task.zapRuns, speed) }))
  const mmuLock = mmuLockOf(recording, roles)
  const invalidationsOutsideMemslots = recording.invalidations.outside(known.slots)
  const faults = vcpus.reduce((sum, { accesses }) => sum + accesses.gfns.length, 0)
  const faultsOutsideMemslots = source.count - faults
  if (faults === 0) throw noneInside(source, known)
  return {
    memslots: layout.memslots,
    memslotsSay: known.says,
    vcpus,
    notifiers,
    updaters,
    spareMemslot: layout.spare,
    updatesSay: updatesSay(updaters),
    zapsSay: zapsSay(recording),
    recordedNs: recording.clock.spanNs,
    replayNs: speed === 'max' ? 0 : recording.clock.spanNs / speed,
    faultsSay: source.says,
    faults,
    mmu: mmuOf(source, mmuLock),
    preempt: preemptOf(mmuLock, recording.invalidations.length - invalidationsOutsideMemslots),
    foldedSptes: source.folded,
    faultsOutsideMemslots,
    invalidations: recording.invalidations.length,
    invalidationsOutsideMemslots,
    mmuLock,
    warnings: [...doubtsOf(recording), ...warningsOf(known, layout, faultsOutsideMemslots, adopted)],
  }
}

/**
 * Faults that report a gfn come from two-dimensional paging. SPTEs alone may come from either: then it shows in how faults
 * take mmu_lock, for read or for write.
 */
function mmuOf({ event }: FaultSource, mmuLock: MmuLock | null): 'tdp' | 'shadow' {
  if (event !== 'kvm_mmu_set_spte') return 'tdp'
  const sharesLock = mmuLock?.contention.some(({ role, flags }) => role === 'vcpu' && flags.includes('READ')) ?? false
  return sharesLock ? 'tdp' : 'shadow'
}

/** Waits of vCPUs from which on it would have shown in the notifiers' waits if they yielded. */
const TELLING_WAITS = 100

/**
 * Who yields mmu_lock because others want it queues behind them and waits in its turn, once for each yield. Notifiers that
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

function warningsOf(known: KnownMemslots, layout: Layout, outside: number, adopted: Adopted): readonly string[] {
  const said = (count: number) => count.toLocaleString('en-US')
  const warnings = known.origin === 'given' ? [] : [known.says]
  if (layout.warning !== undefined) warnings.push(layout.warning)
  if (outside > 0) warnings.push(`${said(outside)} faults are on gfns of no memslot (MMIO?) and are not replayed`)
  if (adopted.invalidations > 0) {
    const { invalidations, tasks } = adopted
    warnings.push(
      `${said(invalidations)} invalidations of ${said(tasks)} other tasks are raised by the busiest notifier`,
    )
  }
  return warnings
}

function updatesSay(updaters: readonly UpdaterStream[]): string[] {
  const deletions = updaters.reduce((sum, { atNs }) => sum + atNs.length, 0)
  if (deletions === 0) return []
  const updates = (deletions * 2).toLocaleString('en-US')
  return [
    `${updates} memslot updates are played, a deletion for each run of zapped page tables and an addition after it: which slot it was is not recorded, so it is one that nothing else touches`,
  ]
}

function zapsSay(recording: Recording): string[] {
  const zaps = recording.tasks.all.reduce((sum, task) => sum + task.zaps, 0)
  const why = 'memslot updates, roots that are given up'
  const said = zaps.toLocaleString('en-US')
  const text = `${said} page tables were zapped (${why}), which is not replayed: their gfns do not fault again`
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
