import type { Column } from './column.ts'
import { type Distribution, distributionOf } from './distribution.ts'
import { faultSourceOf } from './fault-source.ts'
import type { LockKind } from './locks.ts'
import type { Recording } from './recording.ts'
import type { TaskInRole, TaskRole } from './roles.ts'
import type { Task } from './task.ts'
import { type Blocked, type Blocker, NO_RWLOCK } from './waits.ts'

/** How often, and for how many ns, tasks of one role waited for locks of one kind. */
export type Contention = { readonly role: TaskRole; readonly flags: string; readonly waitsNs: Distribution }

/** The properties of the lock that is identified as mmu_lock. */
export type MmuLock = {
  /** As printed: hashed, unless the kernel was configured otherwise. */
  readonly address: string
  /** Its number among the rwlocks of the recording. */
  readonly rwlock: number
  readonly says: string
  readonly contention: readonly Contention[]
  /** Waits of vCPUs for it by faults, and by SPTEs set: a fault that maps neighbours along takes the lock once. */
  readonly waitsPerFault: number | null
  readonly waitsPerSpte: number | null
  /** The kind of lock, from the flags of its waits. */
  readonly kind: LockKind
  /** In how many of the faults whose begin is recorded the task waited for it; null if none is recorded. */
  readonly faultsThatWaited: number | null
  /** What vCPUs waited for, by the last event before a wait ended: an inference. */
  readonly waitedFor: Blocked
  /** An estimate: from the end of a wait for the lock to the SPTE that the same task set in the same fault. */
  readonly holdEstimateNs: Distribution | null
  /** Whether a fault, an entry or an exit between the wait and the SPTE would have been recorded: otherwise the estimate may include retries. */
  readonly holdsAreSure: boolean
}

/** No fault holds mmu_lock for longer, unless its CPU was taken away. */
export const LONGEST_UNSURE_NS = 250e3

type Wait = {
  readonly role: TaskRole
  readonly flags: number
  readonly rwlock: number
  readonly waitsNs: Column<Float64Array>
}

/** The waits of all tasks, to be grouped by the caller. */
function waitsOf(roles: readonly TaskInRole[]): readonly Wait[] {
  const waits: Wait[] = []
  for (const { task, role } of roles) {
    task.waits.each((flags, rwlock, waitsNs) => waits.push({ role, flags, rwlock, waitsNs }))
  }
  return waits
}

/** By role and flags; roles in the order given, the largest total first. */
export function contentionOf(recording: Recording, roles: readonly TaskInRole[]): readonly Contention[] {
  return grouped(recording, waitsOf(roles))
}

function grouped(recording: Recording, waits: readonly Wait[]): readonly Contention[] {
  const groups = groupedBy(waits, ({ role, flags }) => `${role} ${flags}`)
  const rows = [...groups.values()].map((members): Contention => {
    const { role, flags } = members[0]!
    const waitsNs = distributionOf(members.map((member) => member.waitsNs))!
    return { role, flags: recording.locks.flagsName(flags), waitsNs }
  })
  const rank = [...new Set(waits.map(({ role }) => role))]
  return rows.toSorted((a, b) => rank.indexOf(a.role) - rank.indexOf(b.role) || b.waitsNs.total - a.waitsNs.total)
}

/**
 * mmu_lock is the lock whose waits lead to SPTEs most often; where no SPTE follows, the one that faults wait for, then vCPUs, then
 * any task. A rwlock is preferred to a spinlock that leads to no more of them.
 */
export function mmuLockOf(recording: Recording, roles: readonly TaskInRole[]): MmuLock | null {
  const { locks } = recording
  const waits = waitsOf(roles).filter(({ rwlock }) => rwlock !== NO_RWLOCK)
  const ofVcpus = waits.filter(({ role }) => role === 'vcpu')
  const voters = ofVcpus.length > 0 ? ofVcpus : waits
  const best = [...groupedBy(voters, ({ rwlock }) => rwlock)]
    .map(([rwlock, members]) => ({ rwlock, count: waitsIn(members), rank: rankOf(recording, roles, rwlock) }))
    .toSorted(
      (a, b) =>
        b.rank.led - a.rank.led || b.rank.kind - a.rank.kind || b.rank.inFaults - a.rank.inFaults || b.count - a.count,
    )[0]
  if (best === undefined) return null

  const vcpus = roles.filter(({ role }) => role === 'vcpu').map(({ task }) => task)
  const mine = waits.filter(({ rwlock }) => rwlock === best.rwlock)
  const waitsOfVcpus = waitsIn(mine.filter(({ role }) => role === 'vcpu'))
  const sptes = roles.reduce((sum, { task }) => sum + task.installs.count, 0)
  const areSure = vcpus.every((task) => task.installs.count === 0 || task.faults + task.guestEntries > 0)
  const begun = vcpus.some(({ faults }) => faults > 0)
  return {
    rwlock: best.rwlock,
    address: locks.addressOf(best.rwlock),
    kind: locks.kindOfLock(best.rwlock),
    says: notesOf(recording, best, waitsIn(voters), ofVcpus.length > 0),
    contention: grouped(recording, mine),
    waitsPerFault: share(waitsOfVcpus, faultSourceOf(recording, roles)?.count ?? 0),
    waitsPerSpte: share(waitsOfVcpus, sptes),
    faultsThatWaited: begun ? best.rank.inFaults : null,
    waitedFor: blockedOf(vcpus, best.rwlock),
    holdEstimateNs:
      distributionOf([locks.holdsOf(best.rwlock, areSure ? Number.POSITIVE_INFINITY : LONGEST_UNSURE_NS)]) ?? null,
    holdsAreSure: areSure,
  }
}

function rankOf({ locks }: Recording, roles: readonly TaskInRole[], rwlock: number) {
  const inFaults = roles.reduce((sum, { task }) => sum + task.waits.faultsThatWaited(rwlock), 0)
  return { led: locks.ledToSpte(rwlock), kind: locks.kindOfLock(rwlock) === 'spinlock' ? 0 : 1, inFaults }
}

function notesOf(
  { locks }: Recording,
  best: { rwlock: number; count: number },
  total: number,
  areVcpus: boolean,
): string {
  const waiters = areVcpus ? 'vCPUs' : 'all tasks (no vCPU waited for any)'
  const kind = locks.kindOfLock(best.rwlock)
  const what =
    kind === 'spinlock'
      ? 'a spinlock, which mmu_lock is on RISC-V, LoongArch and PowerPC; on x86 and arm64 it has been a rwlock since 5.11 and 5.14, and this another lock'
      : kind === 'rt-rwlock'
        ? 'a rwlock of PREEMPT_RT'
        : 'a rwlock'
  return `${best.count.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} waits of ${waiters} for ${what}`
}

function blockedOf(vcpus: readonly Task[], rwlock: number): Blocked {
  const all = vcpus.map(({ waits }) => waits.blockedBy(rwlock))
  const summed = (blocker: Blocker) => ({
    count: all.reduce((sum, blocked) => sum + blocked[blocker].count, 0),
    totalNs: all.reduce((sum, blocked) => sum + blocked[blocker].totalNs, 0),
  })
  return { notifier: summed('notifier'), fault: summed('fault'), zap: summed('zap'), unknown: summed('unknown') }
}

const waitsIn = (waits: readonly Wait[]) => waits.reduce((sum, { waitsNs }) => sum + waitsNs.length, 0)

const share = (waits: number, of: number) => (of > 0 ? waits / of : null)

function groupedBy<T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}
