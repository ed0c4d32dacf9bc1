import { type Cpu, MB, WMB } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { assertApicEntry } from './apic/oracles.ts'
import { WORK_KIND } from './costs.ts'
import { COUNTER } from './counters.ts'
import { ORACLE } from './oracles.ts'
import {
  checkRequest,
  KVM_REQ_APIC_PAGE_RELOAD,
  KVM_REQ_MMU_FREE_OBSOLETE_ROOTS,
  KVM_REQ_MMU_RELOAD,
  KVM_REQ_TLB_FLUSH,
} from './requests.ts'
import { SITE } from './sites.ts'
import { IN_GUEST_MODE, OUTSIDE_GUEST_MODE, type Vcpu } from './vcpu.ts'
import type { Vm } from './vm.ts'

/** `vcpu_run()`: passes of vcpu_enter_guest(), until one of them is in the guest. */
export function* enterGuest(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<void> {
  for (;;) {
    const entered = yield* tryToEnter(cpu, vm, vcpu)
    if (entered) return
  }
}

/** `vcpu_enter_guest()`, up to the moment in which the guest runs. False: a request was pending. */
function* tryToEnter(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<boolean> {
  const continuing = yield* serviceRequests(cpu, vm, vcpu)
  if (!continuing) return false
  yield* cpu.storeRelease(vcpu.mode, IN_GUEST_MODE)
  yield* vcpu.srcuReadUnlock(cpu)
  // The mode is seen before the requests are looked at: Dekker. Pairs with the barrier in makeAllCpusRequest().
  yield* cpu.barrier(MB)
  const mode = yield* cpu.load(vcpu.mode)
  const requests = yield* cpu.load(vcpu.requests)
  if (mode === IN_GUEST_MODE && requests === 0) {
    if (vm.apic !== undefined) assertApicEntry(cpu, vm, vcpu)
    if (vm.ownedMmuLock?.isHeldBy(cpu)) cpu.violation(ORACLE.lock_held_in_guest, vcpu.id)
    return true
  }

  yield* cpu.store(vcpu.mode, OUTSIDE_GUEST_MODE)
  yield* cpu.barrier(WMB)
  yield* vcpu.srcuReadLock(cpu)
  cpu.count(COUNTER.entry_cancelled_pending_request, 1)
  // The preparations for an aborted entry are repeated for the next one; one preparation is part of the preceding exit.
  yield* cpu.work(WORK_KIND.entry_preparation, 1)
  return false
}

/** VM exit. */
export function* exitGuest(cpu: Cpu, vcpu: Vcpu): Steps<void> {
  cpu.count(COUNTER.exits, 1)
  // Answers an IPI, if one was sent. Pairs with the wait in makeAllCpusRequest().
  yield* cpu.store(vcpu.mode, OUTSIDE_GUEST_MODE)
  yield* cpu.barrier(WMB)
  yield* vcpu.srcuReadLock(cpu)
  yield* cpu.work(WORK_KIND.exit_entry, 1)
}

/**
 * `mmu_first_shadow_root_alloc()`, arch/x86/kvm/mmu/mmu.c, as a vCPU loads its first root: what shadow paging keeps of each memslot is
 * allocated under slots_arch_lock, inside the vCPU's SRCU section, once in the life of the VM. Without shadow paging the lock is never taken.
 */
export function* loadFirstRoot(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<void> {
  if (vm.updates === undefined || !vm.hasRmaps || vcpu.hasRoot) return
  vcpu.hasRoot = true
  const { shadowRootAllocated, slotsArchLock } = vm.updates
  // kvm_shadow_root_allocated(). Pairs with the store below.
  const isDone = yield* cpu.loadAcquire(shadowRootAllocated)
  if (isDone !== 0) return
  vm.lockdep?.at(cpu, SITE.mmu_first_shadow_root_alloc)
  yield* slotsArchLock.acquire(cpu)
  // Another vCPU may have been faster: then it has stored already.
  yield* cpu.storeRelease(shadowRootAllocated, 1)
  yield* slotsArchLock.release(cpu)
  vm.lockdep?.at(cpu, SITE.kvm_vcpu_ioctl)
}

/** Whether an interrupt has arrived that forces the vCPU out of the guest. */
export function* isKicked(cpu: Cpu, vcpu: Vcpu): Steps<boolean> {
  const mode = yield* cpu.load(vcpu.mode)
  return mode !== IN_GUEST_MODE
}

/** Step 1 of an entry: services every pending request. Returns whether the entry continues. */
function* serviceRequests(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<boolean> {
  const requests = yield* cpu.load(vcpu.requests)
  if (requests === 0) return true
  if ((requests & KVM_REQ_MMU_RELOAD) !== 0) {
    yield* checkRequest(cpu, vcpu, KVM_REQ_MMU_RELOAD)
    yield* vm.pages.reloadRoot(cpu, vm, vcpu)
  }
  if ((requests & KVM_REQ_MMU_FREE_OBSOLETE_ROOTS) !== 0) {
    yield* checkRequest(cpu, vcpu, KVM_REQ_MMU_FREE_OBSOLETE_ROOTS)
    yield* vm.pages.freeObsoleteRoots(cpu, vm, vcpu)
  }
  const flush = yield* checkRequest(cpu, vcpu, KVM_REQ_TLB_FLUSH)
  if (flush) yield* vm.kvm.vcpuFlushTlbAll(cpu, vm, vcpu)
  if (vm.apic === undefined) return true
  const reload = yield* checkRequest(cpu, vcpu, KVM_REQ_APIC_PAGE_RELOAD)
  if (!reload) return true
  const goesOn = yield* vm.kvm.reloadApicAccessPage(cpu, vm, vcpu)
  vm.apic.of(vcpu).endReload()
  return goesOn
}

/** `kvm_vcpu_flush_tlb_all()`, arch/x86/kvm/x86.c: INVEPT, global. */
export function* vcpuFlushTlbAll(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<void> {
  cpu.count(COUNTER.tlb_flush, 1)
  if (vm.apic !== undefined && !vcpu.tlb.holds(vm.apic.gfn)) cpu.count(COUNTER.flush_redundant, 1)
  yield* cpu.work(WORK_KIND.tlb_flush, 1)
  vcpu.flush()
}
