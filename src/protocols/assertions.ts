import type { Gfn, Pfn } from '../shared-memory/addresses.ts'
import type { Cpu, Word } from '../shared-memory/cpu.ts'
import { ACCESSED, NONPRESENT } from '../shared-memory/page-tables/spte.ts'
import { COUNTER } from './counters.ts'
import type { CpuLocal } from './cpu-local.ts'
import { type HostPte, isPresent, pfnOfPte } from './host-mm.ts'
import { ORACLE } from './oracles.ts'
import type { Fault } from './page-fault.ts'
import type { Vcpu } from './vcpu.ts'
import type { Vm } from './vm.ts'

/** A fault that meets neither a new invalidation nor a frozen entry retries a few times at most: another fault won the CAS. */
const MOST_IDLE_RETRIES = 1000
const NO_GFN = -1 as Gfn
/** Gfns of a range that are checked after each invalidation, in addition to those where the walk was interrupted. */
const SAMPLED_GFNS = 8

/** I0.1, I0.2: before a fault installs. With mmu_lock held on either side neither answer can change meanwhile. */
export function assertInstall(cpu: Cpu, vm: Vm, fault: Fault): void {
  if (!vm.config.oracles) return
  if (vm.host.peekPte(cpu, fault.hostPage) !== fault.hostPte) cpu.violation(ORACLE.stale_install, fault.gfn)
  if (isBeingInvalidated(cpu, vm, fault.gfn)) cpu.violation(ORACLE.install_in_progress, fault.gfn)
}

/** Based on the records of the invalidating CPUs; exact with mmu_lock held on either side. */
export function isBeingInvalidated(cpu: Cpu, vm: Vm, gfn: Gfn): boolean {
  if (cpu.peek(vm.invalidateInProgress) === 0) return false
  for (const { start, end } of vm.invalidating) {
    if (gfn >= cpu.peek(start) && gfn < cpu.peek(end)) return true
  }
  return false
}

/** The oracle's own record of this CPU's invalidation, with mmu_lock held for write: independent of the protocol's words. */
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
  assertAttribute(cpu, vm, vcpu, gfn)
}

/** The guest used a translation of its TLB: the page behind it must still be the one it was filled with. */
export function assertTouch(cpu: Cpu, vm: Vm, vcpu: Vcpu, gfn: Gfn): void {
  if (!vm.config.oracles) return
  if (vm.host.peekPte(cpu, vcpu.tlb.hostPage(gfn)) !== vcpu.tlb.hostPte(gfn)) cpu.violation(ORACLE.stale_use, gfn)
  assertAttribute(cpu, vm, vcpu, gfn)
}

/** Attributes change while the gfn is mapped nowhere, and no TLB holds it. */
function assertAttribute(cpu: Cpu, vm: Vm, vcpu: Vcpu, gfn: Gfn): void {
  const fits = vm.attributes?.peekMatches(cpu, gfn, vcpu.tlb.hostPage(gfn)) ?? true
  if (!fits) cpu.violation(ORACLE.wrong_attribute, gfn)
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

/** I0.3, at the end of an invalidation. `before`: the previous count. */
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
export function assertUnmapped(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn, isMeant = isMapped): void {
  if (!vm.config.oracles) return
  const local = vm.local[cpu.id]!
  for (const gfn of local.suspects) assertNoLeaf(cpu, vm, gfn, start, end, isMeant)
  for (let sample = 0; sample < SAMPLED_GFNS; sample += 1) {
    assertNoLeaf(cpu, vm, start + ((nextSeed(local) >>> 0) % (end - start)), start, end, isMeant)
  }
}

const isMapped = (leaf: number): boolean => leaf !== NONPRESENT

function assertNoLeaf(cpu: Cpu, vm: Vm, gfn: number, start: Gfn, end: Gfn, isMeant: (leaf: number) => boolean): void {
  if (gfn < start || gfn >= end) return
  if (isMeant(leafAt(cpu, vm, gfn as Gfn))) cpu.violation(ORACLE.skipped_leaf, gfn)
}

export function leafAt(cpu: Cpu, vm: Vm, gfn: Gfn): number {
  return (vm.stage2?.tables ?? vm.pages).peekLeaf(cpu, gfn)
}

/** xorshift32, so that the samples of a run follow from its history alone. */
function nextSeed(local: CpuLocal): number {
  local.seed ^= local.seed << 13
  local.seed ^= local.seed >>> 17
  local.seed ^= local.seed << 5
  return local.seed
}

/** I0.6: this try met an entry on which another CPU is at work. That is a cause to retry, for as long as that CPU takes, or has no core to run on. */
export function metFrozenSpte(cpu: Cpu, fault: Fault): void {
  cpu.count(COUNTER.retry_frozen, 1)
  fault.idleRetries = 0
}

/**
 * I0.6: a fault has to retry. An INVALID memslot is a valid cause if the update can continue meanwhile: not for a fault
 * that `keepsSrcu`, because the update waits for it.
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
  // Aging may have cleared the Accessed bit of the former huge page before it looked.
  if (vm.config.oracles && (cpu.peek(sptep) | ACCESSED) !== nonleaf) {
    cpu.violation(ORACLE.table_not_linked, gfn)
  }
}

/** An SPTE was stored that had been read as `read`: not over what faults, zaps or the hardware had made of it meanwhile. */
export function assertNotLost(cpu: Cpu, vm: Vm, gfn: Gfn, read: number, overwritten: number): void {
  if (vm.config.oracles && read !== overwritten) cpu.violation(ORACLE.spte_overwritten, gfn)
}

/** A present leaf may only be replaced by one with the same pfn: the kernel calls BUG(). */
export function assertSamePfn(cpu: Cpu, vm: Vm, gfn: Gfn, old: Pfn, now: Pfn): void {
  if (vm.config.oracles && old !== now) cpu.violation(ORACLE.leaf_pfn_changed, gfn)
}
