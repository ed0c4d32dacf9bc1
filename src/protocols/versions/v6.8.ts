import type { Gfn, Hva } from '../../shared-memory/addresses.ts'
import { type Cpu, RMB } from '../../shared-memory/cpu.ts'
import { LEVEL_1G, ROOT_LEVEL } from '../../shared-memory/page-tables/spte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { requestApicPageReload } from '../apic/reload.ts'
import { isStillSo, memoryFault } from '../attributes/private-faults.ts'
import { faultinPfnPrechecked, invalidSlot, noSlot } from '../fault.ts'
import { type Memslot, NO_MEMSLOT } from '../memslots/memslot.ts'
import { zapRootInPasses } from '../nx/obsolete-roots.ts'
import type { Fault, FaultResult } from '../page-fault.ts'
import { invalidatePfnCache } from '../pfncache/refresh.ts'
import { flushIpaRange } from '../stage2/map.ts'
import { unmapWalk } from '../stage2/unmap.ts'
import type { Stage2Vm, Vm } from '../vm.ts'

// Functions of v6.8 that v6.12 no longer has.

/**
 * `rwlock_needbreak()`, include/linux/sched.h, to v6.10: the configuration decides whether the kernel is preemptible. One with
 * PREEMPT_DYNAMIC is, and yields on contention even if it was booted with preempt=none or voluntary.
 */
export function* rwlockNeedbreak(cpu: Cpu, vm: Vm): Steps<boolean> {
  return yield* vm.mmuLock.isContended(cpu)
}

/** S7: `kvm_unmap_gfn_range()`, arch/x86/kvm/mmu/mmu.c, v6.5 to v6.11: the shadow MMU never yields under a notifier. */
export function* unmapGfnRange(
  cpu: Cpu,
  vm: Vm,
  slot: Memslot,
  start: Gfn,
  end: Gfn,
  mayBlock: boolean,
): Steps<boolean> {
  let flush = false
  if (vm.hasRmaps) flush = yield* vm.kvm.rmapZapGfnRange(cpu, vm, slot, start, end, false, flush)
  if (vm.hasTdpMmu) flush = yield* vm.kvm.tdpMmuUnmapGfnRange(cpu, vm, start, end, mayBlock, flush)
  if (vm.holdsApicPage(start, end)) yield* requestApicPageReload(cpu, vm)
  return flush
}

/**
 * `tdp_mmu_zap_root()`, arch/x86/kvm/mmu/tdp_mmu.c, v5.18 to v6.8 (1b6043e8e584): page tables of 1 GiB, then the root. The walk
 * does not yield while one of them is taken apart with all of its 4 KiB pages.
 */
export function* tdpMmuZapRoot(cpu: Cpu, vm: Vm, root: number, shared: boolean): Steps<void> {
  yield* zapRootInPasses(cpu, vm, root, shared, TWO_PASSES)
}

const TWO_PASSES = [LEVEL_1G, ROOT_LEVEL] as const

/** S3: `gfn_to_pfn_cache_invalidate_start()`, virt/kvm/pfncache.c, to v6.8: the lock of each cache for write, whether or not its page is in the range. */
export function* gfnToPfnCacheInvalidateStart(cpu: Cpu, vm: Vm, start: Hva, end: Hva): Steps<void> {
  const { gpcLock, list } = vm.pfnCaches!
  yield* gpcLock.acquire(cpu)
  for (const cache of list) yield* invalidatePfnCache(cpu, cache, start, end)
  yield* gpcLock.release(cpu)
}

/** F5 to F9: `kvm_faultin_pfn()`, arch/x86/kvm/mmu/mmu.c, v6.8 and v6.9: checks whether the gfn is still private after the memslot. */
export function* mmuFaultinPfn(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  fault.seq = yield* cpu.read(vm.invalidateSeq)
  // The sequence is read before the pfn. Pairs with the barrier in invalidateEnd().
  yield* cpu.barrier(RMB)

  if (fault.slot === NO_MEMSLOT) return noSlot(cpu, vm, fault)
  const invalid = yield* vm.memslots.isInvalid(cpu, fault.slot)
  if (invalid) return invalidSlot(cpu, fault)

  if (vm.attributes !== undefined) {
    const same = yield* isStillSo(cpu, vm.attributes, fault)
    if (!same) return memoryFault(cpu)
  }
  return yield* faultinPfnPrechecked(cpu, vm, fault)
}

/**
 * `kvm_pgtable_stage2_unmap()`, arch/arm64/kvm/hyp/pgtable.c, v6.6 to v6.8: with FEAT_TLBIRANGE nothing is flushed before the end, not even a page table
 * that is freed on the way (mended by f62d4c3eb687).
 */
export function* stage2Unmap(cpu: Cpu, vm: Stage2Vm, start: Gfn, end: Gfn): Steps<void> {
  const { hasTlbRange } = vm.stage2
  yield* unmapWalk(cpu, vm, start, end, { leafs: !hasTlbRange, tables: !hasTlbRange })
  if (hasTlbRange) yield* flushIpaRange(cpu, vm, start, end)
}
