import { type Contention, contentionOf, type MmuLock, mmuLockOf } from './contention.ts'
import { type Bucket, bucketsOf, type Distribution, distributionOf } from './distribution.ts'
import { doubtsOf } from './doubts.ts'
import { faultSourceOf } from './fault-source.ts'
import type { KnownMemslots } from './memslots.ts'
import type { Recording } from './recording.ts'
import { rolesOf, type TaskRole } from './roles.ts'

/** What a recorded trace holds, as data. */
export type TraceSummary = {
  readonly lines: number
  readonly notUnderstood: number
  /** The numbers of the first lines that were not understood. */
  readonly firstNotUnderstood: readonly number[]
  readonly spanNs: number
  readonly events: readonly { readonly name: string; readonly count: number }[]
  readonly threads: readonly ThreadSummary[]
  readonly faults: { readonly count: number; readonly event: string; readonly says: string } | null
  readonly sptesSet: number
  readonly faultsPerSecond: number
  readonly sptesSetPerSecond: number
  readonly invalidationsPerSecond: number
  readonly invalidations: {
    readonly count: number
    readonly pages: Distribution | null
    /** How many ranges are `from` to twice as many pages wide. */
    readonly widths: readonly Bucket[]
    /** Ranges that hit no memslot; null if there is no memslot to hit. */
    readonly outsideMemslots: number | null
  }
  readonly memslots: {
    readonly origin: KnownMemslots['origin']
    readonly says: string
    readonly slots: readonly {
      readonly slot: number
      readonly baseGfn: number
      readonly hva: string
      readonly pages: number
    }[]
  }
  /** What the kernel itself waited for, of all locks. */
  readonly contention: readonly Contention[]
  readonly unpairedContention: number
  readonly mmuLock: MmuLock | null
  readonly warnings: readonly string[]
}

export type ThreadSummary = {
  readonly pid: number
  readonly name: string
  readonly role: TaskRole
  readonly evidence: string
}

export function summarise(recording: Recording, known: KnownMemslots): TraceSummary {
  const { invalidations, clock } = recording
  const roles = rolesOf(recording.tasks.all)
  const faults = faultSourceOf(recording, roles)
  const sptesSet = roles.reduce((sum, { task }) => sum + task.installs.count, 0)
  const perSecond = (count: number) => (clock.spanNs > 0 ? (count / clock.spanNs) * 1e9 : 0)
  return {
    lines: recording.lines,
    notUnderstood: recording.notUnderstood,
    firstNotUnderstood: recording.firstNotUnderstood,
    spanNs: clock.spanNs,
    events: recording.events,
    threads: roles.map(({ task: { pid, name }, role, evidence }) => ({ pid, name, role, evidence })),
    faults: faults === undefined ? null : { count: faults.count, event: faults.event, says: faults.says },
    sptesSet,
    faultsPerSecond: perSecond(faults?.count ?? 0),
    sptesSetPerSecond: perSecond(sptesSet),
    invalidationsPerSecond: perSecond(invalidations.length),
    invalidations: {
      count: invalidations.length,
      pages: distributionOf([invalidations.pages]) ?? null,
      widths: bucketsOf(invalidations.pages),
      outsideMemslots: known.slots.length > 0 ? invalidations.outside(known.slots) : null,
    },
    memslots: { origin: known.origin, says: known.says, slots: known.slots.map(printable) },
    contention: contentionOf(recording, roles),
    unpairedContention: recording.tasks.all.reduce((sum, { waits }) => sum + waits.unpaired + waits.underWay, 0),
    mmuLock: mmuLockOf(recording, roles),
    warnings: doubtsOf(recording),
  }
}

const printable = ({ slot, baseGfn, hva, pages }: KnownMemslots['slots'][number]) => ({
  slot,
  baseGfn,
  hva: `0x${(BigInt(hva) * 4096n).toString(16)}`,
  pages,
})
