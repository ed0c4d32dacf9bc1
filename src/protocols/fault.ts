import { type Cpu, RMB } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { isStillSo, memoryFault, seePrivacy } from './attributes/private-faults.ts'
import { COUNTER } from './counters.ts'
import { pfnOfPte } from './host-mm.ts'
import { NO_MEMSLOT } from './memslots/memslot.ts'
import { assertNoMemslot } from './memslots/oracles.ts'
import { CONTINUE, EMULATE, type Fault, type FaultResult, FIXED, PF_INVALID, RETRY, SPURIOUS } from './page-fault.ts'
import type { Vm } from './vm.ts'

// arch/x86/kvm/mmu/mmu.c: the page fault, from the exit to mmu_lock and back. Numbers in comments are explained in STEPS.md.

/** `kvm_mmu_page_fault()`, arch/x86/kvm/mmu/mmu.c: back to the guest with any result, so that it faults again if it must. */
export function* mmuPageFault(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  return yield* vm.kvm.mmuDoPageFault(cpu, vm, fault)
}

/** `kvm_mmu_do_page_fault()`, arch/x86/kvm/mmu/mmu_internal.h: one try, by the MMU that maps the gfn. */
export function* mmuDoPageFault(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  cpu.count(COUNTER.pf_taken, 1)
  fault.beginTry()
  fault.slot = yield* vm.memslots.find(cpu, fault.gfn)
  if (vm.dirtyLog !== undefined) yield* seeDirtyTracking(cpu, vm, fault)
  if (vm.attributes !== undefined) yield* seePrivacy(cpu, vm.attributes, fault)
  const result = vm.isShadowed(fault.gfn)
    ? yield* vm.kvm.directPageFault(cpu, vm, fault)
    : yield* vm.kvm.tdpMmuPageFault(cpu, vm, fault)
  if (result === FIXED) cpu.count(COUNTER.pf_fixed, 1)
  else if (result === SPURIOUS) cpu.count(COUNTER.pf_spurious, 1)
  else if (result === EMULATE) cpu.count(COUNTER.pf_emulate, 1)
  return result
}

/** The slot stays as it is for as long as the fault is in its SRCU section. */
function* seeDirtyTracking(cpu: Cpu, vm: Vm, fault: Fault): Steps<void> {
  fault.isDirtyTracked = fault.slot !== NO_MEMSLOT && (yield* vm.memslots.isDirtyTracked(cpu, fault.slot))
}

/** F: `kvm_tdp_mmu_page_fault()`, arch/x86/kvm/mmu/mmu.c: with two-dimensional paging, under mmu_lock for read. */
export function* tdpMmuPageFault(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  const fast = yield* vm.kvm.fastPageFault(cpu, vm, fault)
  if (fast !== PF_INVALID) return fast
  yield* vm.tables.topup(cpu)
  const faultedIn = yield* vm.kvm.mmuFaultinPfn(cpu, vm, fault)
  if (faultedIn !== CONTINUE) return faultedIn

  let result: FaultResult = RETRY
  yield* vm.mmuLock.readLock(cpu)
  const stale = yield* vm.kvm.isPageFaultStale(cpu, vm, fault)
  if (stale) countStale(cpu, fault)
  else result = yield* vm.kvm.tdpMmuMap(cpu, vm, fault)
  yield* releasePfn(cpu, vm, fault)
  yield* vm.mmuLock.readUnlock(cpu)
  return result
}

/** `direct_page_fault()`, arch/x86/kvm/mmu/mmu.c: the same with shadow paging, under mmu_lock for write. */
export function* directPageFault(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  const fast = yield* vm.kvm.fastPageFault(cpu, vm, fault)
  if (fast !== PF_INVALID) return fast
  yield* vm.tables.topup(cpu)
  const faultedIn = yield* vm.kvm.mmuFaultinPfn(cpu, vm, fault)
  if (faultedIn !== CONTINUE) return faultedIn

  let result: FaultResult = RETRY
  yield* vm.mmuLock.writeLock(cpu)
  const stale = yield* vm.kvm.isPageFaultStale(cpu, vm, fault)
  if (stale) countStale(cpu, fault)
  else result = yield* vm.kvm.directMap(cpu, vm, fault)
  yield* releasePfn(cpu, vm, fault)
  yield* vm.mmuLock.writeUnlock(cpu)
  return result
}

/**
 * F5 to F9: `kvm_mmu_faultin_pfn()`, arch/x86/kvm/mmu/mmu.c, since v6.10 (44f42ef37deb): whether the gfn is still as private as the guest took it for
 * comes before any check of the memslot, so that a mismatch goes to the VMM for every kind of memslot.
 */
export function* mmuFaultinPfn(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  fault.seq = yield* cpu.read(vm.invalidateSeq)
  // The sequence is read before the pfn. Pairs with the barrier in invalidateEnd().
  yield* cpu.barrier(RMB)

  if (vm.attributes !== undefined) {
    const same = yield* isStillSo(cpu, vm.attributes, fault)
    if (!same) return memoryFault(cpu)
  }
  if (fault.slot === NO_MEMSLOT) return noSlot(cpu, vm, fault)
  const invalid = yield* vm.memslots.isInvalid(cpu, fault.slot)
  if (invalid) return invalidSlot(cpu, fault)
  return yield* faultinPfnPrechecked(cpu, vm, fault)
}

/**
 * F7 to F9, since v6.8 (d02c357e5bfa): looks for an invalidation before and after the pfn is looked up, so that a fault which would have to
 * retry does not take mmu_lock to learn it.
 */
export function* faultinPfnPrechecked(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  const early = yield* vm.kvm.invalidateRetryGfnUnsafe(cpu, vm, fault.seq, fault.gfn)
  if (early) {
    cpu.count(COUNTER.retry_precheck_before_pfn, 1)
    return RETRY
  }
  yield* faultinPfn(cpu, vm, fault)
  const late = yield* vm.kvm.invalidateRetryGfnUnsafe(cpu, vm, fault.seq, fault.gfn)
  if (late) {
    yield* releasePfn(cpu, vm, fault)
    cpu.count(COUNTER.retry_precheck_after_pfn, 1)
    return RETRY
  }
  fault.prechecked = true
  return CONTINUE
}

/** `kvm_handle_noslot_fault()`: MMIO. */
export function noSlot(cpu: Cpu, vm: Vm, fault: Fault): FaultResult {
  assertNoMemslot(cpu, vm, fault.gfn)
  return EMULATE
}

/** KVM_MEMSLOT_INVALID: the slot is being deleted or moved; the fault retries until it is not. */
export function invalidSlot(cpu: Cpu, fault: Fault): FaultResult {
  cpu.count(COUNTER.retry_invalid_slot, 1)
  fault.metInvalidSlot = true
  return RETRY
}

/** F8: `__kvm_mmu_faultin_pfn()`, arch/x86/kvm/mmu/mmu.c: the pfn from the primary MMU, with a reference. */
export function* faultinPfn(cpu: Cpu, vm: Vm, fault: Fault): Steps<void> {
  const hostPage = fault.isPrivate
    ? vm.attributes!.gmemPage(fault.gfn)
    : yield* vm.memslots.hostPage(cpu, fault.slot, fault.gfn)
  fault.hostPage = hostPage | 0
  fault.hostPte = yield* vm.host.faultin(cpu, fault.hostPage)
  fault.pfn = pfnOfPte(fault.hostPage, fault.hostPte)
}

/** `kvm_mmu_finish_page_fault()`: the reference is dropped, mapped or not. */
export function* releasePfn(cpu: Cpu, vm: Vm, fault: Fault): Steps<void> {
  yield* vm.host.release(cpu, fault.pfn)
}

/** F11 has found that the fault must retry. */
export function countStale(cpu: Cpu, fault: Fault): void {
  cpu.count(COUNTER.retry_stale_locked, 1)
  if (fault.prechecked) cpu.count(COUNTER.precheck_false_negative, 1)
}

/**
 * Maps `fault.gfn` for the VMM, as KVM_PRE_FAULT_MEMORY does, with a single attempt. Unlike the ioctl it never queues
 * for mmu_lock: it prepares memory that a benchmark is about to take away, and must not appear as contention.
 */
export function* prefault(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  fault.slot = yield* vm.memslots.find(cpu, fault.gfn)
  if (vm.dirtyLog !== undefined) yield* seeDirtyTracking(cpu, vm, fault)
  if (vm.attributes !== undefined) yield* seePrivacy(cpu, vm.attributes, fault)
  yield* vm.tables.topup(cpu)
  const faultedIn = yield* vm.kvm.mmuFaultinPfn(cpu, vm, fault)
  if (faultedIn !== CONTINUE) return faultedIn

  let result: FaultResult = RETRY
  const isShadow = vm.isShadowed(fault.gfn)
  const locked = isShadow ? yield* vm.mmuLock.tryWriteLock(cpu) : yield* vm.mmuLock.tryReadLock(cpu)
  if (!locked) {
    yield* releasePfn(cpu, vm, fault)
    return RETRY
  }
  const stale = yield* vm.kvm.isPageFaultStale(cpu, vm, fault)
  if (stale) countStale(cpu, fault)
  else result = isShadow ? yield* vm.kvm.directMap(cpu, vm, fault) : yield* vm.kvm.tdpMmuMap(cpu, vm, fault)
  yield* releasePfn(cpu, vm, fault)
  if (isShadow) yield* vm.mmuLock.writeUnlock(cpu)
  else yield* vm.mmuLock.readUnlock(cpu)
  return result
}
