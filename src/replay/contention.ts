import type { Column } from './column.ts'
import { type Distribution, distributionOf } from './distribution.ts'
import { faultSourceOf } from './fault-source.ts'
import type { Recording } from './recording.ts'
import type { TaskInRole, TaskRole } from './roles.ts'
import { NO_RWLOCK } from './waits.ts'

/** How often, and for how many ns, tasks of one role waited for locks of one kind. */
export type Contention = { readonly role: TaskRole; readonly flags: string; readonly waitsNs: Distribution }

/** What is known of the lock that is taken for mmu_lock. */
export type MmuLock = {
  /** As it was printed: hashed, unless the kernel was told not to. */
  readonly address: string
  /** Its number among the rwlocks of the recording. */
  readonly rwlock: number
  readonly says: string
  readonly contention: readonly Contention[]
  /** Waits of vCPUs for it by faults, and by SPTEs set: a fault that maps neighbours along takes the lock once. */
  readonly waitsPerFault: number | null
  readonly waitsPerSpte: number | null
  /** An estimate: from the end of a wait for the lock to the next SPTE that the same task set. */
  readonly holdEstimateNs: Distribution | null
}

type Wait = {
  readonly role: TaskRole
  readonly flags: number
  readonly rwlock: number
  readonly waitsNs: Column<Float64Array>
}

/** The waits of all tasks, for whoever groups them. */
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

/** mmu_lock is the rwlock that vCPUs wait for most often; without vCPUs that wait, the one that anybody does. */
export function mmuLockOf(recording: Recording, roles: readonly TaskInRole[]): MmuLock | null {
  const waits = waitsOf(roles).filter(({ rwlock }) => rwlock !== NO_RWLOCK)
  const ofVcpus = waits.filter(({ role }) => role === 'vcpu')
  const voters = ofVcpus.length > 0 ? ofVcpus : waits
  const votes = groupedBy(voters, ({ rwlock }) => rwlock)
  const counts = [...votes].map(([rwlock, members]) => ({ rwlock, count: waitsIn(members) }))
  const best = counts.toSorted((a, b) => b.count - a.count)[0]
  if (best === undefined) return null

  const total = waitsIn(voters)
  const who = ofVcpus.length > 0 ? 'vCPUs' : 'all tasks (no vCPU waited for any)'
  const mine = waits.filter(({ rwlock }) => rwlock === best.rwlock)
  const waitsOfVcpus = waitsIn(mine.filter(({ role }) => role === 'vcpu'))
  const sptes = roles.reduce((sum, { task }) => sum + task.installs.count, 0)
  return {
    address: recording.locks.addressOf(best.rwlock),
    rwlock: best.rwlock,
    says: `${best.count.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} waits of ${who} for a rwlock`,
    contention: grouped(recording, mine),
    waitsPerFault: share(waitsOfVcpus, faultSourceOf(recording, roles)?.count ?? 0),
    waitsPerSpte: share(waitsOfVcpus, sptes),
    holdEstimateNs: distributionOf([recording.locks.holdsOf(best.rwlock)]) ?? null,
  }
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
