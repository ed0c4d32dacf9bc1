import type { Gfn, Hva } from '../../shared-memory/addresses.ts'
import { type Cpu, RMB } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { faultinApicPage, flushTlbCurrent, requestAgain, writeAddress } from '../apic/reload.ts'
import { markInvalidating } from '../assertions.ts'
import { COUNTER } from '../counters.ts'
import { faultinPfn, invalidSlot, noSlot } from '../fault.ts'
import { type Memslot, NO_MEMSLOT } from '../memslots/memslot.ts'
import { markSlots } from '../memslots/oracles.ts'
import { countPair } from '../notifier.ts'
import { CONTINUE, type Fault, type FaultResult } from '../page-fault.ts'
import { invalidatePfnCaches } from '../pfncache/refresh.ts'
import { icacheInvalPou } from '../stage2/icache.ts'
import type { Stage2Fault } from '../stage2/page-fault.ts'
import { ALL_AT_ONCE, unmapWalk } from '../stage2/unmap.ts'
import type { Vcpu } from '../vcpu.ts'
import type { Stage2Vm, Vm } from '../vm.ts'

// Functions of v6.5 that v6.8 no longer has.

/** F5 to F8: `kvm_faultin_pfn()`, arch/x86/kvm/mmu/mmu.c, to v6.7. A fault learns under mmu_lock that it must retry. */
export function* mmuFaultinPfn(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  fault.seq = yield* cpu.read(vm.invalidateSeq)
  // The sequence is read before the pfn. Pairs with the barrier in invalidateEnd().
  yield* cpu.barrier(RMB)

  if (fault.slot === NO_MEMSLOT) return noSlot(cpu, vm, fault)
  const invalid = yield* vm.memslots.isInvalid(cpu, fault.slot)
  if (invalid) return invalidSlot(cpu, fault)

  yield* faultinPfn(cpu, vm, fault)
  return CONTINUE
}

/** S: `kvm_mmu_notifier_invalidate_range_start()`, virt/kvm/kvm_main.c, v5.15 to v6.7: the range in progress is one of hvas, as it came. */
export function* invalidateRangeStart(cpu: Cpu, vm: Vm, start: Hva, end: Hva, mayBlock: boolean): Steps<void> {
  yield* countPair(cpu, vm)
  // Before mmu_lock, and so before in_progress.
  yield* invalidatePfnCaches(cpu, vm, start, end)

  const idx = yield* vm.srcu.readLock(cpu)
  markSlots(cpu, vm)
  let locked = false
  let flush = false
  let slot = yield* vm.memslots.firstOverlapping(cpu, start, end)
  while (slot !== NO_MEMSLOT) {
    if (!locked) {
      locked = true
      yield* vm.mmuLock.writeLock(cpu)
      yield* vm.kvm.invalidateBegin(cpu, vm)
      yield* vm.kvm.invalidateRangeAdd(cpu, vm, start as number as Gfn, end as number as Gfn)
    }
    const first = yield* vm.memslots.firstGfn(cpu, slot, start)
    const last = yield* vm.memslots.endGfn(cpu, slot, end)
    const zapped = yield* vm.kvm.unmapGfnRange(cpu, vm, slot, first, last, mayBlock)
    flush = flush || zapped
    slot = yield* vm.memslots.nextOverlapping(cpu, slot, start, end)
  }
  // Before mmu_lock is free: from then on no vCPU may enter the guest with an old translation.
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_range_end_of_zap)
  if (locked) yield* vm.mmuLock.writeUnlock(cpu)
  yield* vm.srcu.readUnlock(cpu, idx)
  cpu.count(locked ? COUNTER.invalidate_mmu_lock : COUNTER.invalidate_elided, 1)
}

/** F11: `is_page_fault_stale()`, arch/x86/kvm/mmu/mmu.c, to v6.7: `mmu_invalidate_retry_hva()`. */
export function* isPageFaultStale(cpu: Cpu, vm: Vm, fault: Fault): Steps<boolean> {
  const obsolete = yield* vm.pages.isRootObsolete(cpu)
  if (obsolete) {
    cpu.count(COUNTER.retry_obsolete_root, 1)
    return true
  }
  const hva = yield* vm.memslots.hva(cpu, fault.slot, fault.gfn)
  return yield* vm.kvm.invalidateRetryGfn(cpu, vm, fault.seq, hva as number as Gfn)
}

/** `kvm_zap_gfn_range()`, arch/x86/kvm/mmu/mmu.c, v5.15 to v6.7: faults are held off wherever they are. */
export function* zapGfnRange(cpu: Cpu, vm: Vm, slot: Memslot, start: Gfn, end: Gfn): Steps<void> {
  let flush = false
  cpu.count(COUNTER.zap_gfn_range_calls, 1)
  yield* vm.mmuLock.writeLock(cpu)
  yield* vm.kvm.invalidateBegin(cpu, vm)
  yield* vm.kvm.invalidateRangeAdd(cpu, vm, 0 as Gfn, LAST_HVA)
  markInvalidating(cpu, vm, start, end)
  if (vm.hasRmaps) flush = yield* vm.kvm.rmapZapGfnRange(cpu, vm, slot, start, end, true, flush)
  if (vm.hasTdpMmu) flush = yield* vm.kvm.tdpMmuZapRange(cpu, vm, start, end, true, flush)
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_range_end_of_zap)
  yield* vm.kvm.invalidateEnd(cpu, vm)
  yield* vm.mmuLock.writeUnlock(cpu)
}

const LAST_HVA = 0x7fff_ffff as Gfn

/** P: `vmx_set_apic_access_page_addr()`, arch/x86/kvm/vmx/vmx.c, v6.5 (878940b33d76): ends with a separate flush. */
export function* reloadApicAccessPage(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<boolean> {
  const page = vm.apic!
  const own = page.of(vcpu)
  if (!own.isVirtualized) return true
  const slot = yield* vm.memslots.find(cpu, page.gfn)
  if (slot === NO_MEMSLOT) return true
  const invalid = yield* vm.memslots.isInvalid(cpu, slot)
  if (invalid) return true

  own.seq = yield* cpu.read(vm.invalidateSeq)
  // The sequence is read before the pfn. Pairs with the barrier in invalidateEnd().
  yield* cpu.barrier(RMB)
  yield* faultinApicPage(cpu, vm, slot, own)

  const hva = yield* vm.memslots.hva(cpu, slot, page.gfn)
  yield* vm.mmuLock.readLock(cpu)
  const stale = yield* vm.kvm.invalidateRetryGfn(cpu, vm, own.seq, hva as number as Gfn)
  if (stale) yield* requestAgain(cpu, vm, vcpu)
  else yield* writeAddress(cpu, vm, own)
  yield* vm.host.release(cpu, own.pfn)
  yield* vm.mmuLock.readUnlock(cpu)
  if (!stale) yield* flushTlbCurrent(cpu, vm, vcpu)
  return true
}

/** `kvm_pgtable_stage2_unmap()`, arch/arm64/kvm/hyp/pgtable.c, to v6.5: each leaf is flushed as it goes, and each table. */
export function* stage2Unmap(cpu: Cpu, vm: Stage2Vm, start: Gfn, end: Gfn): Steps<void> {
  yield* unmapWalk(cpu, vm, start, end, ALL_AT_ONCE)
}

/** A9: `__invalidate_icache_guest_page()`, arch/arm64/include/asm/kvm_mmu.h, to v6.6: by line, however large the block. */
export function* invalidateIcacheGuestPage(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<boolean> {
  yield* icacheInvalPou(cpu, vm, fault)
  return true
}
