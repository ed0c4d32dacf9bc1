import type { FaultLog } from './fault-log.ts'
import { GUEST_FAULT, INSTALL, PAGE_FAULT, TDP_INSTALL, type What } from './moments.ts'
import type { Recording } from './recording.ts'
import type { TaskInRole } from './roles.ts'
import type { Task } from './task.ts'

/** The kind of event from which the faults of a recording are taken. */
export type FaultSource = {
  readonly event: string
  /** The kind of a fault's moment in a recording; and whether it marks the beginning or the end of the fault. */
  readonly what: What
  readonly isFromStart: boolean
  /** One sentence on how faults are counted. */
  readonly says: string
  readonly count: number
  /** SPTEs that were counted as part of another one's fault. */
  readonly folded: number
  readonly logOf: (task: Task) => FaultLog
}

/** This many faults must be answered by an SPTE before their addresses are judged. */
const MIN_ANSWERED = 16

const total = (tasks: readonly Task[], of: (task: Task) => number) => tasks.reduce((sum, task) => sum + of(task), 0)

/**
 * A fault's own event is best: it stands where the fault begins, and retries show. Under shadow paging kvm_page_fault gives
 * addresses of the guest's own, not gfns: it is left aside if the SPTEs that the same task sets next are for other gfns.
 */
export function faultSourceOf(recording: Recording, roles: readonly TaskInRole[]): FaultSource | undefined {
  const tasks = roles.filter(({ role }) => role === 'vcpu').map(({ task }) => task)
  const folded = total(tasks, ({ installs }) => installs.folded)
  const isVirtual = addressesAreVirtual(recording)
  const candidates: readonly Omit<FaultSource, 'count'>[] = [
    ...(isVirtual ? [] : [pageFaults(recording)]),
    ...guestFaults(recording),
    {
      event: 'kvm_mmu_set_spte',
      what: INSTALL,
      isFromStart: false,
      says: saysOfInstalls(folded, isVirtual),
      folded,
      logOf: (task) => task.installs.faults,
    },
    source(
      'kvm_tdp_mmu_spte_changed',
      TDP_INSTALL,
      'each leaf SPTE that became present is a fault; retries do not show',
      (task) => task.tdpInstalls,
    ),
  ]
  return candidates
    .map((candidate) => ({ ...candidate, count: total(tasks, (task) => candidate.logOf(task).count) }))
    .find(({ count }) => count > 0)
}

function pageFaults({ probed }: Recording): Omit<FaultSource, 'count'> {
  const says = `each ${probed.fault === undefined ? 'kvm_page_fault' : `probe of ${probed.fault}`} is a fault`
  return source(probed.fault ?? 'kvm_page_fault', PAGE_FAULT, says, (task) => task.pageFaults)
}

/** kvm_guest_fault is arm64's; RISC-V has the exit, PowerPC a separate event. */
function guestFaults(recording: Recording): readonly Omit<FaultSource, 'count'>[] {
  const event = ['kvm_guest_fault', 'kvm_page_fault_enter'].find((name) => recording.countOf(name) > 0) ?? 'kvm_exit'
  const says = event === 'kvm_exit' ? 'each exit for a guest page fault is a fault' : `each ${event} is a fault`
  return [source(event, GUEST_FAULT, says, (task) => task.guestFaults)]
}

function source(event: string, what: What, says: string, logOf: FaultSource['logOf']): Omit<FaultSource, 'count'> {
  return { event, what, isFromStart: what !== TDP_INSTALL, says, folded: 0, logOf }
}

const addressesAreVirtual = ({ answers }: Recording) =>
  answers.count >= MIN_ANSWERED && answers.ofSameGfn < answers.count / 2

function saysOfInstalls(folded: number, isVirtual: boolean): string {
  const why = isVirtual ? "kvm_page_fault gives the guest's own addresses here; " : ''
  const neighbours = folded > 0 ? `; ${folded.toLocaleString('en-US')} mapped along with a neighbour are not` : ''
  return `${why}each SPTE that was set is a fault${neighbours}; retries do not show`
}
