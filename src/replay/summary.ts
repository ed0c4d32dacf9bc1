import { shellWord } from '../errors/shell-word.ts'
import { type Contention, contentionOf, type MmuLock, mmuLockOf } from './contention.ts'
import { type Bucket, bucketsOf, type Distribution, distributionOf } from './distribution.ts'
import { doubtsOf } from './doubts.ts'
import { type FaultSource, faultSourceOf } from './fault-source.ts'
import { type Finding, findingsOf } from './findings.ts'
import { isEverything } from './invalidation-log.ts'
import type { KnownMemslots } from './memslots.ts'
import { mmuOf } from './mmu.ts'
import type { Recording } from './recording.ts'
import type { Cause, Removal } from './removals.ts'
import { rolesOf, type TaskInRole, type TaskRole } from './roles.ts'
import { type Verdict, verdictOf } from './verdict.ts'
import type { Vm } from './vms.ts'

/** The summary of one VM in a recorded trace, as data. */
export type TraceSummary = {
  /** The VM, if the trace has several. */
  readonly vm: { readonly number: number; readonly says: string; readonly vcpus: readonly number[] } | null
  /** The host's problem, and the command that investigates it. */
  readonly verdict: Verdict
  readonly findings: readonly Finding[]
  readonly lines: number
  readonly notUnderstood: number
  /** The numbers of the first lines that were not understood. */
  readonly firstNotUnderstood: readonly number[]
  readonly spanNs: number
  readonly events: readonly { readonly name: string; readonly count: number }[]
  readonly threads: readonly ThreadSummary[]
  readonly mmu: 'tdp' | 'shadow' | null
  readonly faults: FaultSummary | null
  /** Null if the trace has no kvm_mmu_set_spte: then it is unknown whether any was set. */
  readonly sptesSet: number | null
  /** Rates are null where the events are not in the trace, or it has no times: then it is unknown whether there were any. */
  readonly faultsPerSecond: number | null
  readonly sptesSetPerSecond: number | null
  readonly invalidationsPerSecond: number | null
  readonly invalidations: {
    /** Null if no invalidation is in the trace: then it is unknown whether there were any. */
    readonly count: number | null
    readonly pages: Distribution | null
    /** The number of ranges that are `from` to twice as many pages wide. */
    readonly widths: readonly Bucket[]
    /** Ranges of everything, which are in none of the widths. */
    readonly everything: number | null
    /** Ranges that hit no memslot; null if where the memslots are is not known. */
    readonly outsideMemslots: number | null
  }
  /** Removals of leafs by cause; the number is null where no kvm_tdp_mmu_spte_changed shows it. */
  readonly removals: Readonly<Record<Cause, ShownRemoval>>
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
  /** The kernel's own waits, for all locks. */
  readonly contention: readonly Contention[]
  readonly unpairedContention: number
  readonly mmuLock: MmuLock | null
  readonly warnings: readonly string[]
}

type ShownRemoval = { readonly events: number | null; readonly leafs: number | null; readonly pages: number | null }

export type FaultSummary = {
  readonly count: number
  readonly event: string
  readonly says: string
  readonly addresses: 'gfn' | 'virtual'
  /** Counted apart: accesses to devices, faults of nested guests, faults by the guest's virtual address. */
  readonly device: number
  readonly nested: number
  readonly virtual: number
  /** Included in the count: faults of a confidential guest's own memory, and faults on a mapped page that had to be made writable. */
  readonly private: number
  readonly madeWritable: number
  /** Faults on a gfn that the same task had faulted on with no SPTE between. */
  readonly repeated: number
}

type ThreadSummary = {
  readonly pid: number
  readonly tgid: number | null
  readonly name: string
  readonly role: TaskRole
  readonly evidence: string
  readonly longestWaitNs: number | null
  /** sched_switch: the longest time on a CPU without a switch; null if that is not traced. */
  readonly longestOnCpuNs: number | null
}

/** `file` is how the recording is called in the command of the verdict; what came from standard input is gone by then. */
export function summarise(recording: Recording, known: KnownMemslots, file = 'FILE', vm?: Vm): TraceSummary {
  const { invalidations, clock } = recording
  const roles = rolesOf(recording.tasks.all)
  const source = faultSourceOf(recording, roles)
  const faults = faultSummaryOf(roles, source, recording.sptes > 0)
  const mmuLock = mmuLockOf(recording, roles)
  const sptesSet = roles.reduce((sum, { task }) => sum + task.installs.count, 0)
  const widths = invalidations.widths()
  const isTraced = (count: number) => count > 0 && clock.spanNs > 0
  const perSecond = (count: number) => (isTraced(count) ? (count / clock.spanNs) * 1e9 : null)
  const outside =
    known.slots.length > 0 && known.origin !== 'assumed' && invalidations.unmaps > 0
      ? invalidations.outside(known.slots)
      : null
  // Memslots that are inferred end where the faults do: what lies beyond may be the guest's all the same.
  const isWhole = known.origin === 'given'
  const findings = findingsOf(recording, roles, { faults: faults?.count ?? 0, mmuLock, outside, isWhole })
  const counts = {
    mmuLock,
    faults,
    outside: isWhole ? outside : null,
    invalidations: invalidations.unmaps,
    takesPages: invalidations.length + recording.removals.takings.length > 0,
    hitsNothing: known.origin === 'assumed' && invalidations.everything === 0,
    hasTimes: clock.spanNs > 0,
    mmu: mmuOf(recording, source, mmuLock),
  }
  return {
    vm: vm === undefined ? null : { number: vm.number, says: vm.says, vcpus: vm.vcpus },
    verdict: verdictOf(recording, roles, findings, {
      ...counts,
      file: `${file === '-' ? 'FILE' : shellWord(file)}${vm === undefined ? '' : ` --vm ${vm.number}`}`,
    }),
    findings,
    lines: recording.lines,
    notUnderstood: recording.notUnderstood,
    firstNotUnderstood: recording.firstLines.map(({ number }) => number),
    spanNs: clock.spanNs,
    events: recording.events,
    threads: roles.map(threadOf),
    mmu: counts.mmu,
    faults,
    sptesSet: sptesSet > 0 ? sptesSet : null,
    faultsPerSecond: perSecond(faults?.count ?? 0),
    sptesSetPerSecond: perSecond(sptesSet),
    invalidationsPerSecond: perSecond(invalidations.unmaps),
    invalidations: {
      count: invalidations.unmaps > 0 ? invalidations.unmaps : null,
      pages: distributionOf([widths]) ?? null,
      widths: bucketsOf(widths).filter(({ from }) => !isEverything(from)),
      everything: invalidations.unmaps > 0 ? invalidations.everything : null,
      outsideMemslots: outside,
    },
    removals: shownRemovals(recording),
    memslots: { origin: known.origin, says: known.says, slots: known.slots.map(printable) },
    contention: contentionOf(recording, roles),
    unpairedContention: recording.tasks.all.reduce((sum, { waits }) => sum + waits.unpaired + waits.underWay, 0),
    mmuLock,
    warnings: [...doubtsOf(recording), ...(vm?.doubt === undefined ? [] : [vm.doubt])],
  }
}

function shownRemovals(recording: Recording): TraceSummary['removals'] {
  const { byCause } = recording.removals
  const hasLeafs = recording.countOf('kvm_tdp_mmu_spte_changed') > 0
  const shown = ({ events, leafs, pages }: Removal, isTraced: boolean): ShownRemoval => ({
    events: isTraced ? events : null,
    ...(hasLeafs ? { leafs, pages } : { leafs: null, pages: null }),
  })
  return {
    notifier: shown(byCause.notifier, recording.invalidations.unmaps > 0),
    attributes: shown(byCause.attributes, recording.countOf('kvm_vm_set_mem_attributes') > 0),
    'set-pte': shown(byCause['set-pte'], recording.countOf('kvm_set_spte_hva') > 0),
    own: shown(byCause.own, hasLeafs),
  }
}

/** Null if no event of a fault is in the trace: then it is unknown whether there were any. */
function faultSummaryOf(
  roles: readonly TaskInRole[],
  source: FaultSource | undefined,
  hasSptes: boolean,
): FaultSummary | null {
  const tasks = roles.filter(({ role }) => role === 'vcpu').map(({ task }) => task)
  const sum = (of: (task: TaskInRole['task']) => number) => tasks.reduce((total, task) => total + of(task), 0)
  const apart = {
    device: sum((task) => task.deviceFaults),
    nested: sum((task) => task.nestedFaults),
    virtual: sum((task) => task.virtualFaults),
    private: sum((task) => task.privateFaults),
    madeWritable: sum((task) => task.madeWritable),
    repeated: sum(({ progress }) => (hasSptes ? progress.repeats : progress.quietRepeats)),
  }
  if (source !== undefined) {
    return { count: source.count, event: source.event, says: source.says, addresses: 'gfn', ...apart }
  }
  if (apart.virtual === 0) return null
  const says = 'each fault has a virtual address of the guest: its gfn is unknown'
  return { count: apart.virtual, event: 'kvm_page_fault or kvm_exit', says, addresses: 'virtual', ...apart }
}

const threadOf = ({ task, role, evidence }: TaskInRole): ThreadSummary => ({
  pid: task.pid,
  tgid: task.tgid > 0 ? task.tgid : null,
  name: task.name,
  role,
  evidence,
  longestWaitNs: task.waits.longest?.ns ?? null,
  longestOnCpuNs: task.longestOnCpuNs >= 0 ? task.longestOnCpuNs : null,
})

const printable = ({ slot, baseGfn, hva, pages }: KnownMemslots['slots'][number]) => ({
  slot,
  baseGfn,
  hva: `0x${(BigInt(hva) * 4096n).toString(16)}`,
  pages,
})
