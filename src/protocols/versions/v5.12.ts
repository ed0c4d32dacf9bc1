import type { Gfn, Hva } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { fastPageFault } from '../map.ts'
import { zapEveryMemslot, zapMemslot } from '../memslots/flush-shadow.ts'
import { type Memslot, NO_MEMSLOT } from '../memslots/memslot.ts'
import { assertGeneration } from '../memslots/oracles.ts'
import { zapAllOfTdpMmu } from '../memslots/release.ts'
import { publishSlots, waitBegins } from '../memslots/swap.ts'
import { unmapHvaRange } from '../memslots/unmap-hva-range.ts'
import { type Fault, type FaultResult, PF_INVALID } from '../page-fault.ts'
import { makeAllCpusRequest } from '../remote-flush.ts'
import { KVM_REQ_MMU_RELOAD } from '../requests.ts'
import { SITE } from '../sites.ts'
import type { Vm } from '../vm.ts'

// Functions of v5.12 that v5.15 no longer has.

/**
 * S: `kvm_mmu_notifier_invalidate_range_start()`, virt/kvm/kvm_main.c, to v5.14. The memslots may change, so start and
 * end take mmu_lock for any set of them. That is safe because ranges are hvas: a fault on a slot that was added since
 * the start is held off too.
 */
export function* invalidateRangeStart(cpu: Cpu, vm: Vm, start: Hva, end: Hva, mayBlock: boolean): Steps<void> {
  const idx = yield* vm.srcu.readLock(cpu)
  yield* vm.mmuLock.writeLock(cpu)
  yield* vm.kvm.invalidateBegin(cpu, vm)
  yield* vm.kvm.invalidateRangeAdd(cpu, vm, start as number as Gfn, end as number as Gfn)
  yield* unmapHvaRange(cpu, vm, start, end, mayBlock)
  yield* vm.mmuLock.writeUnlock(cpu)
  yield* vm.srcu.readUnlock(cpu, idx)
  cpu.count(COUNTER.invalidate_mmu_lock, 1)
}

/** E: `kvm_mmu_notifier_invalidate_range_end()`, virt/kvm/kvm_main.c, to v5.14. */
export function* invalidateRangeEnd(cpu: Cpu, vm: Vm, _start: Hva, _end: Hva, _mayBlock: boolean): Steps<void> {
  cpu.count(COUNTER.invalidate_mmu_lock, 1)
  yield* vm.mmuLock.writeLock(cpu)
  yield* vm.kvm.invalidateEnd(cpu, vm)
  yield* vm.mmuLock.writeUnlock(cpu)
}

/** `kvm_mmu_notifier_clear_flush_young()`, virt/kvm/kvm_main.c, to v5.12: always under mmu_lock. */
export function* clearFlushYoung(cpu: Cpu, vm: Vm, start: Hva, end: Hva): Steps<boolean> {
  return yield* ageHvaRange(cpu, vm, start, end, true)
}

/** `kvm_mmu_notifier_clear_young()`, virt/kvm/kvm_main.c, to v5.12. */
export function* clearYoung(cpu: Cpu, vm: Vm, start: Hva, end: Hva): Steps<boolean> {
  return yield* ageHvaRange(cpu, vm, start, end, false)
}

function* ageHvaRange(cpu: Cpu, vm: Vm, start: Hva, end: Hva, flushIfYoung: boolean): Steps<boolean> {
  const idx = yield* vm.srcu.readLock(cpu)
  yield* vm.mmuLock.writeLock(cpu)
  let young = false
  let slot = yield* vm.memslots.firstOverlapping(cpu, start, end)
  while (slot !== NO_MEMSLOT) {
    const first = yield* vm.memslots.firstGfn(cpu, slot, start)
    const last = yield* vm.memslots.endGfn(cpu, slot, end)
    const used = yield* vm.kvm.ageGfn(cpu, vm, slot, first, last)
    young = young || used
    slot = yield* vm.memslots.nextOverlapping(cpu, slot, start, end)
  }
  if (young && flushIfYoung) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_aging)
  yield* vm.mmuLock.writeUnlock(cpu)
  yield* vm.srcu.readUnlock(cpu, idx)
  return young
}

/** `kvm_mmu_notifier_test_young()`, virt/kvm/kvm_main.c, to v5.12. */
export function* testYoung(cpu: Cpu, vm: Vm, hva: Hva): Steps<boolean> {
  const idx = yield* vm.srcu.readLock(cpu)
  yield* vm.mmuLock.writeLock(cpu)
  let young = false
  let slot = yield* vm.memslots.firstOverlapping(cpu, hva, (hva + 1) as Hva)
  while (slot !== NO_MEMSLOT) {
    const gfn = yield* vm.memslots.firstGfn(cpu, slot, hva)
    const used = yield* vm.kvm.testAgeGfn(cpu, vm, slot, gfn)
    young = young || used
    slot = yield* vm.memslots.nextOverlapping(cpu, slot, hva, (hva + 1) as Hva)
  }
  yield* vm.mmuLock.writeUnlock(cpu)
  yield* vm.srcu.readUnlock(cpu, idx)
  return young
}

/** `install_new_memslots()`, virt/kvm/kvm_main.c, to v5.14: at once, even between a start and its end. */
export function* swapActiveMemslots(cpu: Cpu, vm: Vm): Steps<void> {
  yield* vm.memslots.markUpdateInProgress(cpu)
  waitBegins(cpu, vm, 0)
  yield* publishSlots(cpu, vm)
  yield* vm.updates!.slotsArchLock.release(cpu)
  yield* vm.updates!.srcu.synchronize(cpu)
  yield* vm.memslots.finishUpdate(cpu)
  assertGeneration(cpu, vm, false)
}

/**
 * `kvm_arch_flush_shadow_memslot()`, which is `kvm_mmu_zap_all_fast()`, arch/x86/kvm/mmu/mmu.c, to v5.12: every root is
 * emptied under mmu_lock for write, which is dropped if a task waits, and remains a root. Every vCPU must load its root again.
 */
export function* flushShadowMemslot(cpu: Cpu, vm: Vm, slot: Memslot): Steps<void> {
  vm.lockdep?.at(cpu, SITE.kvm_arch_flush_shadow_memslot)
  if (vm.updates!.config.zap === 'slot') return yield* zapMemslot(cpu, vm, slot)
  if (vm.nx === undefined) return yield* zapEveryMemslot(cpu, vm)
  yield* vm.mmuLock.writeLock(cpu)
  yield* makeAllCpusRequest(cpu, vm, KVM_REQ_MMU_RELOAD, COUNTER.tlb_flush_ipis)
  yield* zapAllOfTdpMmu(cpu, vm, COUNTER.tlb_flush_remote_memslot)
  yield* vm.mmuLock.writeUnlock(cpu)
}

/** `kvm_zap_gfn_range()`, arch/x86/kvm/mmu/mmu.c, to v5.14: nothing holds faults off meanwhile. */
export function* zapGfnRange(cpu: Cpu, vm: Vm, slot: Memslot, start: Gfn, end: Gfn): Steps<void> {
  let flush = false
  cpu.count(COUNTER.zap_gfn_range_calls, 1)
  yield* vm.mmuLock.writeLock(cpu)
  if (vm.hasRmaps) flush = yield* vm.kvm.rmapZapGfnRange(cpu, vm, slot, start, end, true, flush)
  if (vm.hasTdpMmu) flush = yield* vm.kvm.tdpMmuZapRange(cpu, vm, start, end, true, flush)
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_range_end_of_zap)
  yield* vm.mmuLock.writeUnlock(cpu)
}

/** F3: `fast_page_fault()`, arch/x86/kvm/mmu/mmu.c, to v5.13: of the shadow MMU only. Every fault on the TDP MMU takes mmu_lock. */
export function* shadowFastPageFault(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  if (!vm.isShadowed(fault.gfn)) return PF_INVALID
  return yield* fastPageFault(cpu, vm, fault)
}
