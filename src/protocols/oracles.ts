import type { Gfn, Pfn } from '../shared-memory/addresses.ts'
import type { Cpu, Word } from '../shared-memory/cpu.ts'
import { NONPRESENT } from '../shared-memory/page-tables/spte.ts'
import type { CpuLocal } from './cpu-local.ts'
import { type HostPte, isPresent, pfnOfPte } from './host-mm.ts'
import { lockCircles } from './lock-report.ts'
import { nxViolationsAtRest } from './nx/at-rest.ts'
import type { Fault } from './page-fault.ts'
import type { Vcpu } from './vcpu.ts'
import type { Vm } from './vm.ts'

/**
 * The properties that are watched while a protocol runs, in all machines: the reference's names and what each one says. An
 * oracle looks with `cpu.peek` and takes no step, so that the watched protocol and the unwatched one are the same.
 */
export const ORACLES = [
  {
    name: 'stale_install',
    says: 'a fault installed a page that an invalidation had taken back since the fault looked it up',
  },
  { name: 'install_in_progress', says: 'a fault installed a gfn while an invalidation of it was in progress' },
  { name: 'stale_use', says: 'the guest touched a page through its TLB after the host had taken the page back' },
  { name: 'unlock_with_pending_flush', says: 'mmu_lock was released with SPTEs zapped and the TLBs not yet flushed' },
  { name: 'skipped_leaf', says: 'a leaf in the range was still present after invalidate_range_start had returned' },
  { name: 'count_negative', says: 'mmu_invalidate_in_progress, or the count of active invalidations, fell below 0' },
  { name: 'range_unset', says: 'an invalidation was in progress and its range not set, with mmu_lock free' },
  { name: 'leaf_pfn_changed', says: 'a present leaf was replaced by a present leaf with another pfn' },
  { name: 'retry_unbounded', says: 'a fault kept retrying although no invalidation had happened since it began to' },
  { name: 'zap_no_progress', says: 'a zap yielded twice at one gfn, or went back to a root' },
  {
    name: 'exec_before_icache',
    says: 'guest memory became executable before the I-caches had forgotten what was in it',
  },
  {
    name: 'sleep_in_atomic',
    says: 'a lock that sleeps was taken with mmu_lock held: lockdep says "Invalid wait context"',
  },
  { name: 'alloc_in_atomic', says: 'memory was allocated with GFP_KERNEL with mmu_lock held' },
  {
    name: 'refault_unbounded',
    says: 'a vCPU kept faulting although the entry allowed what it wanted: its TLB was not told',
  },
  {
    name: 'slots_changed_inside_pair',
    says: 'the memslots changed between the start and the end of an invalidation that was promised they would not',
  },
  {
    name: 'stale_apic_write',
    says: 'a vCPU loaded the address of an APIC-access page that an invalidation had taken back, or was about to',
  },
  {
    name: 'stale_apic_entry',
    says: 'a guest ran with the address of an APIC-access page that the host had taken back',
  },
  {
    name: 'updater_starved',
    says: 'a memslot update waited for invalidations, for as many ms, until the end of the trial stopped them',
  },
  { name: 'lost_wakeup', says: 'a memslot update went to sleep when no notifier was left to wake it' },
  { name: 'lock_cycle', says: 'locks were taken in an order in which each task can wait for the next for ever' },
  { name: 'free_before_flush', says: 'a page table was freed that the TLBs had not been flushed of' },
  { name: 'free_before_grace', says: 'a page table was freed while a walk under RCU stood in it' },
  { name: 'flush_lost', says: 'the recovery worker forgot a flush that it owed' },
  { name: 'stale_walk', says: 'the hardware walked through a page table that had been freed' },
  { name: 'root_use_after_free', says: 'a walk went on in a root that had been freed' },
  { name: 'root_wrong_role', says: 'a vCPU was given a root that was made for another role' },
  {
    name: 'root_count_wrong',
    says: 'a root was counted for vCPUs that were not on it, or was not for those that were',
  },
  { name: 'page_table_leak', says: 'a page table was linked nowhere any more, and never freed' },
  { name: 'page_table_twice', says: 'a page table was freed that was free, or taken that was not' },
  { name: 'spte_at_free', says: 'a page table was freed with an entry that was still present' },
  { name: 'rmap_dangling', says: 'a reverse map led to an entry that maps nothing' },
  {
    name: 'suspicious_rcu_usage',
    says: 'page tables were walked outside of an RCU read section: lockdep says "suspicious RCU usage"',
  },
  { name: 'rcu_left_held', says: 'a CPU was in an RCU read section after all roles had ended' },
  {
    name: 'nx_bounce',
    says: 'a huge page took the place of small ones that the guest executes in and that were not recovered',
  },
  { name: 'lock_wrong_side', says: 'mmu_lock was released on a side on which it was not held' },
  { name: 'nx_list_corrupt', says: 'a page was on a list of possible NX huge pages twice, or after its death' },
  { name: 'count_leak', says: 'an invalidation was still counted although its end will not come' },
  { name: 'page_ref_leak', says: 'references to pages were never dropped' },
  { name: 'lock_left_held', says: 'a lock was not free after all roles had ended' },
  {
    name: 'lock_held_in_guest',
    says: 'a vCPU entered the guest with mmu_lock held: lockdep says "lock held when returning to user space"',
  },
  {
    name: 'lock_not_held',
    says: 'a lock was released by a CPU that did not hold it: lockdep says "bad unlock balance detected"',
  },
  { name: 'waiter_left', says: 'a task was still named as the one to be woken after all roles had ended' },
  { name: 'memslot_lost', says: 'the memslots were not those that had been set when an update was over' },
  {
    name: 'generation_wrong',
    says: 'the generation of the memslots did not tell a set from the one before, or from one on its way',
  },
  { name: 'emulated_memory', says: 'a fault on memory of a memslot was taken for MMIO' },
  { name: 'wrong_page', says: 'a fault looked up, or mapped, another page than the one that its memslot says' },
  { name: 'table_not_linked', says: 'a fault went on in a page table that nothing points to' },
  { name: 'page_not_taken_back', says: 'the host was to change a page between start and end, and it was as before' },
  {
    name: 'pte_not_locked',
    says: 'a stage-2 entry was made that had not been broken: WARN_ON(!stage2_pte_is_locked())',
  },
  {
    name: 'yield_in_nonblock',
    says: 'an invalidation that may not block let go of mmu_lock on the way, or slept',
  },
] as const

export type OracleName = (typeof ORACLES)[number]['name']

export const ORACLE = Object.fromEntries(ORACLES.map(({ name }, index) => [name, index])) as {
  readonly [N in OracleName]: number
}

/** A fault that meets no new invalidation retries a few times at most: another fault froze the entry, or won the CAS. */
const MOST_IDLE_RETRIES = 1000
const NO_GFN = -1 as Gfn
/** Gfns of a range that are looked at after each invalidation, besides those where the walk was interrupted. */
const SAMPLED_GFNS = 8

/** I0.1, I0.2: before a fault installs. With mmu_lock held on either side neither answer can change meanwhile. */
export function assertInstall(cpu: Cpu, vm: Vm, fault: Fault): void {
  if (!vm.config.oracles) return
  if (vm.host.peekPte(cpu, fault.hostPage) !== fault.hostPte) cpu.violation(ORACLE.stale_install, fault.gfn)
  if (isBeingInvalidated(cpu, vm, fault.gfn)) cpu.violation(ORACLE.install_in_progress, fault.gfn)
}

/** By what the CPUs that invalidate say of themselves; exact with mmu_lock held on either side. */
export function isBeingInvalidated(cpu: Cpu, vm: Vm, gfn: Gfn): boolean {
  if (cpu.peek(vm.invalidateInProgress) === 0) return false
  for (const { start, end } of vm.invalidating) {
    if (gfn >= cpu.peek(start) && gfn < cpu.peek(end)) return true
  }
  return false
}

/** The oracle's own record of what this CPU invalidates, with mmu_lock held for write: it need not believe the protocol. */
export function markInvalidating(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn): void {
  if (!vm.config.oracles) return
  const own = vm.invalidating[cpu.id]!
  const isFirst = cpu.peek(own.end) === 0
  cpu.poke(own.start, isFirst ? start : Math.min(start, cpu.peek(own.start)))
  cpu.poke(own.end, Math.max(end, cpu.peek(own.end)))
}

export function clearInvalidating(cpu: Cpu, vm: Vm): void {
  if (!vm.config.oracles) return
  const own = vm.invalidating[cpu.id]!
  cpu.poke(own.start, 0)
  cpu.poke(own.end, 0)
}

/** A walk filled the TLB. While the vCPU is in the guest no invalidation can finish, so the page must be the host's. */
export function assertFill(cpu: Cpu, vm: Vm, vcpu: Vcpu, gfn: Gfn, pfn: Pfn): void {
  if (!vm.config.oracles) return
  const hostPage = vcpu.tlb.hostPage(gfn)
  const pte = vm.host.peekPte(cpu, hostPage)
  if (!isPresent(pte) || pfnOfPte(hostPage, pte) !== pfn) cpu.violation(ORACLE.stale_use, gfn)
  vcpu.tlb.rememberHostPte(gfn, pte)
}

/** The guest used a translation of its TLB: the page behind it must still be the one it was filled with. */
export function assertTouch(cpu: Cpu, vm: Vm, vcpu: Vcpu, gfn: Gfn): void {
  if (!vm.config.oracles) return
  if (vm.host.peekPte(cpu, vcpu.tlb.hostPage(gfn)) !== vcpu.tlb.hostPte(gfn)) cpu.violation(ORACLE.stale_use, gfn)
}

/** I0.4: a zapper lets go of mmu_lock. */
export function assertFlushed(cpu: Cpu, vm: Vm, gfn: Gfn): void {
  if (vm.config.oracles && vm.local[cpu.id]!.pendingFlush) cpu.violation(ORACLE.unlock_with_pending_flush, gfn)
}

/** mmu_lock is about to be dropped and taken again: not in an invalidation that may not block. */
export function assertMayBlock(cpu: Cpu, vm: Vm, gfn: Gfn): void {
  if (vm.config.oracles && vm.local[cpu.id]!.mustNotBlock) cpu.violation(ORACLE.yield_in_nonblock, gfn)
}

/** A walk begins that may yield. */
export function walkBegins(cpu: Cpu, vm: Vm): void {
  vm.local[cpu.id]!.lastYieldGfn = NO_GFN
}

/** I0.7: a zapper yields. */
export function assertProgress(cpu: Cpu, vm: Vm, gfn: Gfn): void {
  if (!vm.config.oracles) return
  const local = vm.local[cpu.id]!
  if (local.lastYieldGfn === gfn) cpu.violation(ORACLE.zap_no_progress, gfn)
  local.lastYieldGfn = gfn
  local.suspects[local.suspect & (local.suspects.length - 1)] = gfn
  local.suspect += 1
}

/** I0.3, when an invalidation ends. `before`: what the count was. */
export function assertCounted(cpu: Cpu, vm: Vm, before: number): void {
  if (vm.config.oracles && before <= 0) cpu.violation(ORACLE.count_negative, before)
}

/** I0.3, under mmu_lock: the notifier that raised in_progress has set the range before it releases the lock. */
export function warnRangeUnset(cpu: Cpu, gfn: Gfn): void {
  cpu.violation(ORACLE.range_unset, gfn)
}

/**
 * The contract of invalidate_range_start: no leaf of the range is left. Called between start and end, when no fault may
 * install one, by the task that invalidates, with no lock held. Looks where the walk was interrupted, and at a sample.
 */
export function assertUnmapped(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn): void {
  if (!vm.config.oracles) return
  const local = vm.local[cpu.id]!
  for (const gfn of local.suspects) assertNoLeaf(cpu, vm, gfn, start, end)
  for (let sample = 0; sample < SAMPLED_GFNS; sample += 1) {
    assertNoLeaf(cpu, vm, start + (nextSeed(local) % (end - start)), start, end)
  }
}

function assertNoLeaf(cpu: Cpu, vm: Vm, gfn: number, start: Gfn, end: Gfn): void {
  if (gfn < start || gfn >= end) return
  if (leafAt(cpu, vm, gfn as Gfn) !== NONPRESENT) cpu.violation(ORACLE.skipped_leaf, gfn)
}

function leafAt(cpu: Cpu, vm: Vm, gfn: Gfn): number {
  return (vm.stage2?.tables ?? vm.pages).peekLeaf(cpu, gfn)
}

/** xorshift32, so that the samples of a run follow from its history alone. */
function nextSeed(local: CpuLocal): number {
  local.seed ^= local.seed << 13
  local.seed ^= local.seed >>> 17
  local.seed ^= local.seed << 5
  return local.seed >>> 0
}

/**
 * I0.6: a fault has to retry. An INVALID memslot is a cause if the update can go on meanwhile: not for a fault that
 * `keepsSrcu`, which the update waits for.
 */
export function assertRetryHasCause(cpu: Cpu, vm: Vm, fault: Fault, keepsSrcu = false): void {
  if (!vm.config.oracles) return
  if (fault.metInvalidSlot && !keepsSrcu) return
  const seq = cpu.peek(vm.invalidateSeq)
  const idle = cpu.peek(vm.invalidateInProgress) === 0 && seq === fault.seqAtRetry
  fault.seqAtRetry = seq
  fault.idleRetries = idle ? fault.idleRetries + 1 : 0
  if (fault.idleRetries === MOST_IDLE_RETRIES) cpu.violation(ORACLE.retry_unbounded, fault.gfn)
}

/** The task that raised the notifier has changed the primary MMU: `before` is the old value of an entry that no other task changes. */
export function assertTakenBack(cpu: Cpu, vm: Vm, hostPage: number, before: HostPte): void {
  if (!vm.config.oracles || !isPresent(before)) return
  if (vm.host.peekPte(cpu, hostPage) === before) cpu.violation(ORACLE.page_not_taken_back, hostPage)
}

/** A fault has put a table in place by CAS, and tables are never taken away. */
export function assertLinked(cpu: Cpu, vm: Vm, gfn: Gfn, sptep: Word, nonleaf: number): void {
  if (vm.config.oracles && cpu.peek(sptep) !== nonleaf) {
    cpu.violation(ORACLE.table_not_linked, gfn)
  }
}

/** A present leaf may only be replaced by one with the same pfn: the kernel calls BUG(). */
export function assertSamePfn(cpu: Cpu, vm: Vm, gfn: Gfn, old: Pfn, now: Pfn): void {
  if (vm.config.oracles && old !== now) cpu.violation(ORACLE.leaf_pfn_changed, gfn)
}

/** What must hold when all roles have ended: violated properties with the value that shows it. */
export function violationsAtRest(vm: Vm, words: Int32Array): { readonly oracle: OracleName; readonly value: number }[] {
  const active = words[vm.invalidateInProgress]! + words[vm.mnActiveInvalidateCount]!
  const references = vm.host.leakedReferences(words) - (vm.pinnedHostPage === undefined ? 0 : 1)
  const held = lockWords(vm).reduce((all, word) => all | words[word]!, 0)
  const waiter = words[vm.mnMemslotsUpdateRcuwait.task]!
  return [
    ...(active === 0 ? [] : [{ oracle: 'count_leak' as const, value: active }]),
    ...(references === 0 ? [] : [{ oracle: 'page_ref_leak' as const, value: references }]),
    ...(held === 0 ? [] : [{ oracle: 'lock_left_held' as const, value: held }]),
    ...(waiter === 0 ? [] : [{ oracle: 'waiter_left' as const, value: waiter - 1 }]),
    ...lockCircles(vm, words).map((circle) => ({ oracle: 'lock_cycle' as const, value: circle.length })),
    ...nxViolationsAtRest(vm, words),
    ...vm.neighbours.flatMap((neighbour) => violationsAtRest(neighbour, words)),
  ]
}

/** Words that are 0 while a lock is free. */
const lockWords = ({ mmuLockWord, updates }: Vm): readonly Word[] => [
  ...(mmuLockWord === undefined ? [] : [mmuLockWord]),
  ...(updates?.lockWords ?? []),
]
