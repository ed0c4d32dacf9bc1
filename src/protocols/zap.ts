import { type Gfn, gfnAdd } from '../shared-memory/addresses.ts'
import type { Cpu, Word } from '../shared-memory/cpu.ts'
import { isPresentLeaf, LEVEL_4K, NONPRESENT, W } from '../shared-memory/page-tables/spte.ts'
import type { TdpIter } from '../shared-memory/page-tables/tdp-iter.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { requestApicPageReload } from './apic/reload.ts'
import { assertProgress, markInvalidating, walkBegins } from './assertions.ts'
import { WORK_KIND } from './costs.ts'
import { COUNTER } from './counters.ts'
import type { Memslot } from './memslots/memslot.ts'
import { NO_ROOT } from './nx/roots.ts'
import { condReschedRwlockRead, condReschedRwlockWrite } from './resched.ts'
import { unmapStage2Range } from './stage2/unmap.ts'
import type { Stage2Vm, Vm } from './vm.ts'

/**
 * S7: `kvm_unmap_gfn_range()`, arch/x86/kvm/mmu/mmu.c, since v6.12: zaps every leaf of [start, end), with mmu_lock held for write; may drop it
 * meanwhile if the task may block. Returns whether the TLBs must be flushed; flushes pending from earlier memslots are the caller's responsibility.
 */
export function* unmapGfnRange(
  cpu: Cpu,
  vm: Vm,
  slot: Memslot,
  start: Gfn,
  end: Gfn,
  mayBlock: boolean,
): Steps<boolean> {
  let flush = false
  if (vm.hasRmaps) flush = yield* vm.kvm.rmapZapGfnRange(cpu, vm, slot, start, end, mayBlock, flush)
  if (vm.hasTdpMmu) flush = yield* vm.kvm.tdpMmuUnmapGfnRange(cpu, vm, start, end, mayBlock, flush)
  // Every vCPU has left the guest when this is over, and none enters before it has the new address. Whether or not there was
  // anything to zap.
  if (vm.holdsApicPage(start, end)) yield* requestApicPageReload(cpu, vm)
  return flush
}

/** `kvm_unmap_gfn_range()`, arch/arm64/kvm/mmu.c: each leaf is flushed as it goes, so nothing is left to be flushed. */
export function* arm64UnmapGfnRange(
  cpu: Cpu,
  vm: Vm,
  _slot: Memslot,
  start: Gfn,
  end: Gfn,
  mayBlock: boolean,
): Steps<boolean> {
  yield* unmapStage2Range(cpu, vm as Stage2Vm, start, end, mayBlock)
  return false
}

/** Every leaf of a memslot, with mmu_lock held for write. */
export function* zapSlotLeafs(cpu: Cpu, vm: Vm, slot: Memslot, pending: boolean, canYield = true): Steps<boolean> {
  const start = yield* vm.memslots.baseGfn(cpu, slot)
  const pages = yield* vm.memslots.pages(cpu, slot)
  const end = gfnAdd(start, pages)
  let flush = pending
  if (vm.hasRmaps) flush = yield* vm.kvm.rmapZapGfnRange(cpu, vm, slot, start, end, canYield, flush)
  if (vm.hasTdpMmu) flush = yield* vm.kvm.tdpMmuUnmapGfnRange(cpu, vm, start, end, canYield, flush)
  return flush
}

/**
 * `kvm_tdp_mmu_unmap_gfn_range()`, arch/x86/kvm/mmu/tdp_mmu.c: the pending flush is passed from root to root, as
 * mmu_lock may be dropped in any of them.
 */
export function* tdpMmuUnmapGfnRange(
  cpu: Cpu,
  vm: Vm,
  start: Gfn,
  end: Gfn,
  canYield: boolean,
  owed: boolean,
): Steps<boolean> {
  return yield* zapInRoots(cpu, vm, start, end, canYield, owed, false)
}

/**
 * `kvm_tdp_mmu_zap_leafs()`, arch/x86/kvm/mmu/tdp_mmu.c, since v6.9 (d746182337c2): for KVM's own zaps invalid roots are
 * skipped, as no vCPU uses them any more. A notifier must visit them: the pages that they map are about to be freed.
 */
export function* tdpMmuZapRange(
  cpu: Cpu,
  vm: Vm,
  start: Gfn,
  end: Gfn,
  canYield: boolean,
  owed: boolean,
): Steps<boolean> {
  return yield* zapInRoots(cpu, vm, start, end, canYield, owed, true)
}

function* zapInRoots(
  cpu: Cpu,
  vm: Vm,
  start: Gfn,
  end: Gfn,
  canYield: boolean,
  owed: boolean,
  onlyValid: boolean,
): Steps<boolean> {
  let flush = owed
  let root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, NO_ROOT, onlyValid)
  while (root !== NO_ROOT) {
    const table = yield* vm.pages.roots.tableOf(cpu, root)
    yield* vm.pages.rcuReadLock(cpu)
    flush = yield* vm.kvm.tdpMmuZapLeafs(cpu, vm, table, start, end, canYield, flush)
    yield* vm.pages.rcuReadUnlock(cpu)
    root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, root, onlyValid)
  }
  return flush
}

/** Z: `tdp_mmu_zap_leafs()`, arch/x86/kvm/mmu/tdp_mmu.c, since v5.18 (f47e5bbbc92f): leafs only, of one root. */
export function* tdpMmuZapLeafs(
  cpu: Cpu,
  vm: Vm,
  root: number,
  start: Gfn,
  end: Gfn,
  canYield: boolean,
  owed: boolean,
): Steps<boolean> {
  const iter = vm.local[cpu.id]!.iter
  let flush = owed
  walkBegins(cpu, vm)
  yield* iter.start(cpu, LEVEL_4K, start, root)
  for (; iter.valid && iter.gfn < end; yield* iter.next(cpu)) {
    const yielded = canYield ? yield* vm.kvm.tdpMmuIterCondResched(cpu, vm, iter, flush, false) : false
    if (yielded) {
      flush = false
      continue
    }
    if (!isPresentLeaf(iter.oldSpte, iter.level)) continue
    yield* zapSpte(cpu, vm, iter.sptep)
    flush = true
  }
  return flush
}

/**
 * Z3: no other CPU holds mmu_lock, but the hardware may set bits, so the entry is exchanged. `leafs`: 0 of an entry that leads to a page table, whose own
 * are counted as it is taken apart.
 */
export function* zapSpte(cpu: Cpu, vm: Vm, sptep: Word, leafs = 1): Steps<void> {
  yield* cpu.xchg(sptep, NONPRESENT)
  yield* cpu.work(WORK_KIND.zap_spte, 1)
  if (leafs > 0) cpu.count(COUNTER.leafs_zapped, leafs)
  vm.local[cpu.id]!.pendingFlush = true
}

/**
 * Z1: `tdp_mmu_iter_cond_resched()`, arch/x86/kvm/mmu/tdp_mmu.c. Lets go of mmu_lock if another task waits for it, at most once per step sideways, and not
 * before the TLBs are flushed: that is the VM-wide flush that contention costs. Note that the flush is paid before it is
 * known whether the lock will be dropped.
 */
export function* tdpMmuIterCondResched(
  cpu: Cpu,
  vm: Vm,
  iter: TdpIter,
  flush: boolean,
  shared: boolean,
): Steps<boolean> {
  const needbreak = yield* vm.kvm.rwlockNeedbreak(cpu, vm)
  if (!needbreak && !cpu.needResched()) return false
  if (iter.nextLastLevelGfn === iter.yieldedGfn) {
    cpu.count(COUNTER.yield_suppressed_progress, 1)
    return false
  }
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_yield)
  assertProgress(cpu, vm, iter.nextLastLevelGfn)
  yield* vm.pages.rcuReadUnlock(cpu)
  if (shared) yield* condReschedRwlockRead(cpu, vm, iter.gfn)
  else yield* condReschedRwlockWrite(cpu, vm, iter.gfn)
  yield* vm.pages.rcuReadLock(cpu)
  // The walk starts again from the root with its next step, and not before.
  iter.yielded = true
  return true
}

/**
 * `__kvm_rmap_zap_gfn_range()`, arch/x86/kvm/mmu/mmu.c: the same with shadow paging, one reverse map a gfn. With a nested guest it
 * is the guest's memory that is shadowed, and no other.
 */
export function* rmapZapGfnRange(
  cpu: Cpu,
  vm: Vm,
  slot: Memslot,
  from: Gfn,
  to: Gfn,
  canYield: boolean,
  owed: boolean,
): Steps<boolean> {
  const start = vm.firstShadowed(from)
  const end = vm.endShadowed(to)
  let flush = owed
  if (start >= end) return flush
  walkBegins(cpu, vm)
  const first = yield* vm.memslots.rmap(cpu, slot, start)
  for (let gfn = start; gfn < end; gfn = (gfn + 1) as Gfn) {
    const rmap = vm.rmap(first + (gfn - start))
    const sptep = yield* cpu.read(rmap)
    if (sptep !== 0) {
      yield* zapSpte(cpu, vm, sptep as Word)
      yield* cpu.write(rmap, 0)
      flush = true
    }
    if (canYield) flush = yield* rmapCondResched(cpu, vm, gfn, flush)
  }
  return flush
}

/** In `walk_slot_rmaps()`: no guard of progress is needed, as each turn has looked at a gfn. */
function* rmapCondResched(cpu: Cpu, vm: Vm, gfn: Gfn, flush: boolean): Steps<boolean> {
  const needbreak = yield* vm.kvm.rwlockNeedbreak(cpu, vm)
  if (!needbreak && !cpu.needResched()) return flush
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_yield)
  assertProgress(cpu, vm, gfn)
  yield* condReschedRwlockWrite(cpu, vm, gfn)
  return false
}

/**
 * `kvm_zap_gfn_range()`, arch/x86/kvm/mmu/mmu.c: a zap by KVM itself, for example after a change of memory types. It
 * holds off faults like an invalidation, but no page is freed.
 */
export function* zapGfnRange(cpu: Cpu, vm: Vm, slot: Memslot, start: Gfn, end: Gfn): Steps<void> {
  let flush = false
  cpu.count(COUNTER.zap_gfn_range_calls, 1)
  yield* vm.mmuLock.writeLock(cpu)
  yield* vm.kvm.invalidateBegin(cpu, vm)
  yield* vm.kvm.invalidateRangeAdd(cpu, vm, start, end)
  markInvalidating(cpu, vm, start, end)
  if (vm.hasRmaps) flush = yield* vm.kvm.rmapZapGfnRange(cpu, vm, slot, start, end, true, flush)
  if (vm.hasTdpMmu) flush = yield* vm.kvm.tdpMmuZapRange(cpu, vm, start, end, true, flush)
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_range_end_of_zap)
  yield* vm.kvm.invalidateEnd(cpu, vm)
  yield* vm.mmuLock.writeUnlock(cpu)
}

/**
 * `wrprot_gfn_range()`, arch/x86/kvm/mmu/tdp_mmu.c, as when a dirty log is cleared: write permission is taken by CAS, with mmu_lock held for read, and
 * the TLBs are flushed afterwards. What makes fast_page_fault() worth its while.
 */
export function* wrprotGfnRange(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn): Steps<void> {
  cpu.count(COUNTER.wrprot_gfn_range_calls, 1)
  yield* vm.mmuLock.readLock(cpu)
  yield* vm.pages.rcuReadLock(cpu)
  const flush = yield* wrprotRoot(cpu, vm, vm.pages.rootFor(cpu, start), start, end, true)
  yield* vm.pages.rcuReadUnlock(cpu)
  yield* vm.mmuLock.readUnlock(cpu)
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_wrprot)
}

/**
 * The walk over one root: whether an entry was changed. `shared`: mmu_lock is held for read. `minLevel`: of the size of such pages, and
 * larger ones.
 */
export function* wrprotRoot(
  cpu: Cpu,
  vm: Vm,
  root: number,
  start: Gfn,
  end: Gfn,
  shared: boolean,
  minLevel: number = LEVEL_4K,
): Steps<boolean> {
  const iter = vm.local[cpu.id]!.iter
  let flush = false
  walkBegins(cpu, vm)
  yield* iter.start(cpu, minLevel, start, root)
  while (iter.valid && iter.gfn < end) {
    // No flush is owed before the lock is dropped: a vCPU with an old entry in its TLB may still write until the end.
    const yielded = yield* vm.kvm.tdpMmuIterCondResched(cpu, vm, iter, false, shared)
    const spte = iter.oldSpte
    if (!yielded && isPresentLeaf(spte, iter.level) && (spte & W) !== 0) {
      const was = yield* cpu.cas(iter.sptep, spte, spte & ~W)
      // goto retry: the CPU that changed the entry may have left it writable.
      if (was !== spte) {
        iter.oldSpte = was
        continue
      }
      cpu.count(COUNTER.sptes_wrprotected, 1)
      flush = true
    }
    yield* iter.next(cpu)
  }
  return flush
}
