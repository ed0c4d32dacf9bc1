import type { Gfn, Hva } from '../../shared-memory/addresses.ts'
import { type Cpu, RELAXED, type Word } from '../../shared-memory/cpu.ts'
import {
  ACCESSED,
  childOf,
  FROZEN_SPTE,
  isLast,
  isShadowPresent,
  isTable,
  LEVEL_4K,
  NONPRESENT,
  pagesPerLevel,
  ROOT_LEVEL,
} from '../../shared-memory/page-tables/spte.ts'
import type { TdpIter } from '../../shared-memory/page-tables/tdp-iter.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { faultinApicPage, flushTlbCurrent, requestApicPageReload, writeAddressUnchecked } from '../apic/reload.ts'
import { assertNotLost, assertProgress, walkBegins } from '../assertions.ts'
import { COUNTER } from '../counters.ts'
import { linkSp } from '../map.ts'
import { type Memslot, NO_MEMSLOT } from '../memslots/memslot.ts'
import { assertNoMemslot } from '../memslots/oracles.ts'
import { zapAllButRoots, zapAllOfTdpMmu } from '../memslots/release.ts'
import { NO_PAGE } from '../nx/mmu-pages.ts'
import { tdpMmuNextRoot as nextRoot } from '../nx/root-walk.ts'
import { takeApart } from '../nx/teardown.ts'
import { zapSpanOfPage } from '../nx/zap-page.ts'
import { EMULATE, type Fault, type FaultResult } from '../page-fault.ts'
import { condReschedRwlockRead, condReschedRwlockWrite } from '../resched.ts'
import { countResult, fixUnderLock, lookUp } from '../stage2/fault.ts'
import type { Stage2Fault } from '../stage2/page-fault.ts'
import type { Vcpu } from '../vcpu.ts'
import type { Stage2Vm, Vm } from '../vm.ts'
import { zapSpte } from '../zap.ts'

// Functions of v5.15 that v6.5 no longer has.

/** `kvm_unmap_gfn_range()`, arch/x86/kvm/mmu/mmu.c, to v6.4: the APIC-access page is no concern of it, and the shadow MMU never yields. */
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
  return flush
}

/**
 * `kvm_arch_mmu_notifier_invalidate_range()`, arch/x86/kvm/x86.c, to v6.4: core mm calls when the PTEs have changed. A vCPU that looks
 * the APIC-access page up after that finds the new one.
 */
export function* invalidateRange(cpu: Cpu, vm: Vm, _start: Hva, _end: Hva): Steps<void> {
  yield* requestApicPageReload(cpu, vm)
}

/** `kvm_vcpu_reload_apic_access_page()`, arch/x86/kvm/vmx/vmx.c, to v6.4: checks nothing, as the reload is requested after the invalidation. */
export function* reloadApicAccessPage(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<boolean> {
  const page = vm.apic!
  const own = page.of(vcpu)
  if (!own.isVirtualized) return true
  const slot = yield* vm.memslots.find(cpu, page.gfn)
  if (slot === NO_MEMSLOT) return true
  const invalid = yield* vm.memslots.isInvalid(cpu, slot)
  if (invalid) return true

  yield* faultinApicPage(cpu, vm, slot, own)
  yield* writeAddressUnchecked(cpu, own)
  yield* flushTlbCurrent(cpu, vm, vcpu)
  yield* vm.host.release(cpu, own.pfn)
  return true
}

/**
 * N8: `kvm_tdp_mmu_zap_sp()`, arch/x86/kvm/mmu/tdp_mmu.c, v5.12 to v5.17 (33a3164161fc): the gfns that the page covers, without a yield.
 */
export function* tdpMmuZapPossibleNxHugePage(cpu: Cpu, vm: Vm, page: number): Steps<boolean> {
  return yield* zapSpanOfPage(cpu, vm, page, false)
}

/**
 * `handle_removed_tdp_mmu_page()`, arch/x86/kvm/mmu/tdp_mmu.c, to v5.17: tears down a page table and everything below
 * it, and flushes the TLBs itself before the table is freed.
 */
export function* handleRemovedPt(cpu: Cpu, vm: Vm, table: number, isReachable: boolean): Steps<void> {
  yield* takeApart(cpu, vm, table, isReachable)
  if (isReachable) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_teardown)
  yield* vm.kvm.tdpMmuFreeSp(cpu, vm, table)
}

/**
 * Z1: `tdp_mmu_iter_cond_resched()`, arch/x86/kvm/mmu/tdp_mmu.c, v5.12 to v5.15 (mended by 3a0f64de479c): restarts the walk at once, and the
 * head of the loop steps on from there. Where the entries of the root are all that is visited, the one that was next is passed over.
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
  assertProgress(cpu, vm, iter.nextLastLevelGfn)
  // The other way round since v5.18, as page tables are no longer flushed when they are taken apart (bb95dfb9e2df).
  yield* vm.pages.rcuReadUnlock(cpu)
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_yield)
  if (shared) yield* condReschedRwlockRead(cpu, vm, iter.gfn)
  else yield* condReschedRwlockWrite(cpu, vm, iter.gfn)
  yield* vm.pages.rcuReadLock(cpu)
  yield* iter.restart(cpu)
  return true
}

/**
 * `kvm_tdp_mmu_unmap_gfn_range()`, arch/x86/kvm/mmu/tdp_mmu.c, v5.13 to v5.16 (mended by 7533377215b6): a notifier's walk over the roots holds
 * no reference to the one that it is in, although it may drop mmu_lock there. A flush that was owed when a root's walk began is made at the
 * end too, whether or not a yield has made it (mended by c7785d85b6c6).
 */
export function* tdpMmuUnmapGfnRange(
  cpu: Cpu,
  vm: Vm,
  start: Gfn,
  end: Gfn,
  canYield: boolean,
  owed: boolean,
): Steps<boolean> {
  const { roots } = vm.pages
  let flush = owed
  for (let root = 0; root < roots.slots; root += 1) {
    const isThere = yield* roots.isThere(cpu, root)
    if (!isThere) continue
    const table = yield* roots.tableOf(cpu, root)
    yield* vm.pages.rcuReadLock(cpu)
    const zapped = yield* vm.kvm.tdpMmuZapLeafs(cpu, vm, table, start, end, canYield, flush)
    flush = flush || zapped
    yield* vm.pages.rcuReadUnlock(cpu)
  }
  return flush
}

/**
 * `tdp_mmu_zap_spte_atomic()`, arch/x86/kvm/mmu/tdp_mmu.c, as `kvm_tdp_mmu_map()` meets a huge page, to v6.1: it is frozen, flushed from every TLB and
 * taken away, and an empty table takes its place.
 */
export function* tdpMmuSplitHugePage(
  cpu: Cpu,
  vm: Vm,
  fault: Fault,
  sptep: Word,
  spte: number,
  level: number,
): Steps<number> {
  const was = yield* cpu.cas(sptep, spte, FROZEN_SPTE)
  if (was !== spte) {
    cpu.count(COUNTER.retry_cas_link, 1)
    return NO_PAGE
  }
  yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_map_replace)
  // No other CPU changes a frozen entry.
  yield* cpu.store(sptep, NONPRESENT)
  return yield* linkSp(cpu, vm, fault, sptep, NONPRESENT, level)
}

/** A: `user_mem_abort()`, arch/arm64/kvm/mmu.c, to v6.1: faults exclude each other, so the second finds the permission there. */
export function* userMemAbort(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<FaultResult> {
  cpu.count(COUNTER.pf_taken, 1)
  fault.slot = yield* vm.memslots.find(cpu, fault.gfn)
  if (fault.slot === NO_MEMSLOT) {
    assertNoMemslot(cpu, vm, fault.gfn)
    return EMULATE
  }
  const isPermission = fault.faultPages > 0
  if (!isPermission || fault.isLogged) yield* vm.stage2.tables.topup(cpu)
  yield* lookUp(cpu, vm, fault)

  yield* vm.mmuLock.writeLock(cpu)
  const result = yield* fixUnderLock(cpu, vm, fault)
  yield* vm.host.release(cpu, fault.pfn)
  yield* vm.mmuLock.writeUnlock(cpu)
  return countResult(cpu, result)
}

/**
 * Z: `zap_gfn_range()`, arch/x86/kvm/mmu/tdp_mmu.c, to v5.17: an entry that lies in the range as a whole goes as a whole, in one step, with
 * the page table below it; leafs one by one are zapped at the edges only.
 */
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
    const { oldSpte, level, sptep, gfn } = iter
    if (!isShadowPresent(oldSpte)) continue
    const sticksOut = gfn < start || gfn + pagesPerLevel(level) > end
    if (sticksOut && !isLast(oldSpte, level)) continue
    yield* zapSpte(cpu, vm, sptep, isTable(oldSpte, level) ? 0 : 1)
    if (isTable(oldSpte, level)) yield* vm.kvm.handleRemovedPt(cpu, vm, childOf(oldSpte), true)
    flush = true
  }
  return flush
}

/**
 * `tdp_mmu_next_root()`, arch/x86/kvm/mmu/tdp_mmu.c, v5.13 to v5.16: `kvm_tdp_mmu_get_root()` takes no reference to an
 * invalid root, so every walk that holds references skips it. The walk of a notifier holds none, and does not skip it.
 */
export function* tdpMmuNextRoot(cpu: Cpu, vm: Vm, before: number, _onlyValid: boolean): Steps<number> {
  return yield* nextRoot(cpu, vm, before, true)
}

/**
 * `zap_gfn_range()` of all gfns, arch/x86/kvm/mmu/tdp_mmu.c, as `kvm_tdp_mmu_zap_invalidated_roots()` has it from v5.13 to v5.17: one entry of the root
 * after the other by `tdp_mmu_zap_spte_atomic()`, which freezes it, takes everything apart that hangs below it and flushes the TLBs.
 */
export function* tdpMmuZapRoot(cpu: Cpu, vm: Vm, root: number, shared: boolean): Steps<void> {
  const iter = vm.local[cpu.id]!.iter
  cpu.count(COUNTER.roots_zapped, 1)
  yield* vm.pages.rcuReadLock(cpu)
  walkBegins(cpu, vm)
  yield* iter.start(cpu, ROOT_LEVEL, 0 as Gfn, root)
  while (iter.valid && iter.gfn < vm.endGfn) {
    const yielded = yield* vm.kvm.tdpMmuIterCondResched(cpu, vm, iter, false, shared)
    const { sptep, oldSpte } = iter
    if (!yielded && isShadowPresent(oldSpte)) {
      const was = yield* cpu.cas(sptep, oldSpte, FROZEN_SPTE)
      // goto retry: another CPU was at the entry.
      if (was !== oldSpte) {
        iter.oldSpte = was
        continue
      }
      yield* vm.kvm.handleRemovedPt(cpu, vm, childOf(oldSpte), true)
      yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_memslot)
      // No other CPU changes a frozen entry.
      yield* cpu.store(sptep, NONPRESENT)
    }
    yield* iter.next(cpu)
  }
  yield* vm.pages.rcuReadUnlock(cpu)
}

/**
 * `age_gfn_range()`, arch/x86/kvm/mmu/tdp_mmu.c, to v5.17: WRITE_ONCE() of the value read before. mmu_lock is held for
 * write, but fast_page_fault() of the TDP MMU (v5.14, 6e8eb2060cc7) does not take it: a write permission that it gave
 * meanwhile is lost, although the vCPU may have it in its TLB already.
 */
export function* tdpMmuAgeSpte(cpu: Cpu, vm: Vm, iter: TdpIter): Steps<void> {
  // An exchange only so that an oracle sees the lost permission.
  const was = yield* cpu.xchg(iter.sptep, iter.oldSpte & ~ACCESSED, RELAXED)
  assertNotLost(cpu, vm, iter.gfn, iter.oldSpte, was)
}

/**
 * `kvm_mmu_zap_all()`, arch/x86/kvm/mmu/mmu.c, to v5.17: `kvm_tdp_mmu_zap_all()` zaps all gfns as any other range, may yield on the way, and
 * flushes once at its end, although no vCPU runs any more.
 */
export function* flushShadowAll(cpu: Cpu, vm: Vm): Steps<void> {
  yield* vm.mmuLock.writeLock(cpu)
  yield* zapAllButRoots(cpu, vm)
  if (vm.nx !== undefined) yield* zapAllOfTdpMmu(cpu, vm, COUNTER.tlb_flush_remote_teardown)
  yield* vm.mmuLock.writeUnlock(cpu)
}
