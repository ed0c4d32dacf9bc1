import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { COUNTER } from './counters.ts'
import { pfnOfPte } from './host-mm.ts'
import { fastPageFault, tdpMap } from './map.ts'
import { NO_MEMSLOT } from './memslots/memslots.ts'
import { assertNoMemslot } from './memslots/oracles.ts'
import { CONTINUE, EMULATE, type Fault, type FaultResult, FIXED, RETRY, SPURIOUS } from './page-fault.ts'
import { shadowMap } from './shadow-map.ts'
import type { Vm } from './vm.ts'

/**
 * F: a vCPU has faulted on `fault.gfn` (`kvm_mmu_do_page_fault()`, `kvm_tdp_page_fault()`). One try: on RETRY the guest executes
 * the instruction again, and faults again if there is still reason to.
 */
export function* handlePageFault(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  cpu.count(COUNTER.pf_taken, 1)
  fault.attempt += 1
  fault.prechecked = false
  fault.metInvalidSlot = false
  const result = yield* pageFault(cpu, vm, fault)
  if (result === FIXED) cpu.count(COUNTER.pf_fixed, 1)
  else if (result === SPURIOUS) cpu.count(COUNTER.pf_spurious, 1)
  else if (result === EMULATE) cpu.count(COUNTER.pf_emulate, 1)
  return result
}

function* pageFault(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  fault.slot = yield* vm.memslots.find(cpu, fault.gfn)
  const fast = yield* fastPageFault(cpu, vm, fault)
  if (fast !== CONTINUE) return fast
  yield* vm.tables.topup(cpu)
  const faultedIn = yield* mmuFaultinPfn(cpu, vm, fault)
  if (faultedIn !== CONTINUE) return faultedIn
  if (vm.isShadowed(fault.gfn)) return yield* shadowPageFault(cpu, vm, fault)
  return yield* tdpPageFault(cpu, vm, fault)
}

/** F5 to F9: `kvm_mmu_faultin_pfn()`. */
function* mmuFaultinPfn(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  yield* vm.rules.snapshotBeforePfn(cpu, vm, fault)
  if (fault.slot === NO_MEMSLOT) {
    assertNoMemslot(cpu, vm, fault.gfn)
    return EMULATE
  }
  const invalid = yield* vm.memslots.isInvalid(cpu, fault.slot)
  if (invalid) {
    cpu.count(COUNTER.retry_invalid_slot, 1)
    fault.metInvalidSlot = true
    return RETRY
  }
  const early = yield* vm.rules.precheckBeforePfn(cpu, vm, fault)
  if (early) {
    cpu.count(COUNTER.retry_precheck_before_pfn, 1)
    return RETRY
  }

  yield* faultinPfn(cpu, vm, fault)
  yield* vm.rules.snapshotAfterPfn(cpu, vm, fault)
  const late = yield* vm.rules.precheckAfterPfn(cpu, vm, fault)
  if (late) {
    yield* vm.rules.releaseAtPrecheck(cpu, vm, fault)
    cpu.count(COUNTER.retry_precheck_after_pfn, 1)
    return RETRY
  }
  return CONTINUE
}

/** F8: `__kvm_mmu_faultin_pfn()`: the pfn from the primary MMU, with a reference. */
function* faultinPfn(cpu: Cpu, vm: Vm, fault: Fault): Steps<void> {
  fault.hostPage = yield* vm.memslots.hostPage(cpu, fault.slot, fault.gfn)
  fault.hostPte = yield* vm.host.faultin(cpu, fault.hostPage)
  fault.pfn = pfnOfPte(fault.hostPage, fault.hostPte)
}

/** `kvm_mmu_finish_page_fault()`: the reference is dropped, mapped or not. */
export function* releasePfn(cpu: Cpu, vm: Vm, fault: Fault): Steps<void> {
  yield* vm.host.release(cpu, fault.pfn)
}

/** F10 to F13 with two-dimensional paging: `kvm_tdp_mmu_page_fault()`. */
function* tdpPageFault(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  yield* vm.rules.readLock(cpu, vm)
  const result = yield* mapUnderLock(cpu, vm, fault)
  yield* vm.mmuLock.readUnlock(cpu)
  return result
}

/** F10 to F13 with shadow paging: `FNAME(page_fault)`, `direct_page_fault()`. */
function* shadowPageFault(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  yield* vm.mmuLock.writeLock(cpu)
  const result = yield* mapUnderLock(cpu, vm, fault)
  yield* vm.mmuLock.writeUnlock(cpu)
  return result
}

/** F11 to F13. */
function* mapUnderLock(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  let result: FaultResult = RETRY
  const stale = yield* vm.rules.isPageFaultStale(cpu, vm, fault)
  if (stale) {
    cpu.count(COUNTER.retry_stale_locked, 1)
    if (fault.prechecked) cpu.count(COUNTER.precheck_false_negative, 1)
  } else {
    result = vm.isShadowed(fault.gfn) ? yield* shadowMap(cpu, vm, fault) : yield* tdpMap(cpu, vm, fault)
  }
  yield* releasePfn(cpu, vm, fault)
  return result
}

/**
 * Maps `fault.gfn` for the VMM, as KVM_PRE_FAULT_MEMORY does; one try. Unlike the ioctl it never queues for mmu_lock: it
 * prepares what a benchmark is about to take away, and must not be seen to contend with anyone.
 */
export function* prefault(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  fault.slot = yield* vm.memslots.find(cpu, fault.gfn)
  yield* vm.tables.topup(cpu)
  const faultedIn = yield* mmuFaultinPfn(cpu, vm, fault)
  if (faultedIn !== CONTINUE) return faultedIn

  const isShadow = vm.isShadowed(fault.gfn)
  const locked = isShadow ? yield* vm.mmuLock.tryWriteLock(cpu) : yield* vm.mmuLock.tryReadLock(cpu)
  if (!locked) {
    yield* releasePfn(cpu, vm, fault)
    return RETRY
  }
  const result = yield* mapUnderLock(cpu, vm, fault)
  if (isShadow) yield* vm.mmuLock.writeUnlock(cpu)
  else yield* vm.mmuLock.readUnlock(cpu)
  return result
}
