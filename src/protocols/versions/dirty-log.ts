import { type Gfn, gfnAdd } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import {
  childOf,
  FROZEN_SPTE,
  isPresentLeaf,
  isTable,
  LEVEL_2M,
  LEVEL_4K,
  NONPRESENT,
  pfnOf,
} from '../../shared-memory/page-tables/spte.ts'
import type { TdpIter } from '../../shared-memory/page-tables/tdp-iter.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { walkBegins } from '../assertions.ts'
import { COUNTER } from '../counters.ts'
import { protectHugePages, writeProtectPtMasked } from '../dirty-log/protect.ts'
import { isBackedByHugePage, isRecoverable } from '../dirty-log/recover.ts'
import { wrprotSlot } from '../dirty-log/start-walks.ts'
import { hostPageOfPfn } from '../host-mm.ts'
import type { Memslot } from '../memslots/memslot.ts'
import { NO_ROOT } from '../nx/roots.ts'
import type { Vm } from '../vm.ts'
import { zapSpte } from '../zap.ts'

// Dirty logging as versions before v6.13 had it.

/** `kvm_mmu_slot_remove_write_access()`, arch/x86/kvm/mmu/mmu.c, to v5.12: under mmu_lock for write; of huge pages alone where all pages count as dirty. */
export function* removeWriteAccessAlone(cpu: Cpu, vm: Vm, slot: Memslot): Steps<boolean> {
  yield* vm.mmuLock.writeLock(cpu)
  const changed = yield* wrprotSlot(cpu, vm, slot, false, vm.dirtyLog!.config.isAllSet === true ? LEVEL_2M : LEVEL_4K)
  yield* vm.mmuLock.writeUnlock(cpu)
  return changed
}

/** `kvm_mmu_slot_apply_flags()`, arch/x86/kvm/x86.c, to v5.13: the flush is left out if no entry was changed. */
export function* flushIfChanged(cpu: Cpu, vm: Vm, slot: Memslot, isLogging: boolean): Steps<void> {
  if (!isLogging) return yield* vm.kvm.mmuRecoverHugePages(cpu, vm, slot)
  const changed = yield* vm.kvm.mmuSlotRemoveWriteAccess(cpu, vm, slot)
  if (changed) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_log_start)
}

/** The same, v5.14 to v5.17: nothing is done where all pages count as dirty (8921291980db). No huge page is split beforehand. */
export function* flushIfChangedUnlessAllSet(cpu: Cpu, vm: Vm, slot: Memslot, isLogging: boolean): Steps<void> {
  if (isLogging && vm.dirtyLog!.config.isAllSet === true) return
  yield* flushIfChanged(cpu, vm, slot, isLogging)
}

/** `kvm_arch_mmu_enable_log_dirty_pt_masked()`, arch/x86/kvm/mmu/mmu.c, v5.14 to v5.17: huge pages lose write permission, and are not split. */
export function* protectHugeAndSmall(cpu: Cpu, vm: Vm, page: number, mask: number): Steps<void> {
  if (vm.dirtyLog!.config.isAllSet === true) yield* protectHugePages(cpu, vm, page, mask, false, false)
  yield* protectSmall(cpu, vm, page, mask)
}

/** The same, v5.18 to v6.8: in every root, including invalid ones. */
export function* splitAndProtect(cpu: Cpu, vm: Vm, page: number, mask: number): Steps<void> {
  const { isAllSet, isEager } = vm.dirtyLog!.config
  if (isAllSet === true) yield* protectHugePages(cpu, vm, page, mask, isEager, false)
  yield* protectSmall(cpu, vm, page, mask)
}

/** The same, to v5.13: regardless of the initial state of the log. */
export function* protectSmall(cpu: Cpu, vm: Vm, page: number, mask: number): Steps<void> {
  yield* writeProtectPtMasked(cpu, vm, page, mask, false)
}

/** `kvm_mmu_zap_collapsible_sptes()`, arch/x86/kvm/mmu/mmu.c, to v5.12: under mmu_lock for write, small leafs where the host has a huge page, one flush. */
export function* zapLeafsAlone(cpu: Cpu, vm: Vm, slot: Memslot): Steps<void> {
  const start = yield* vm.memslots.baseGfn(cpu, slot)
  const pages = yield* vm.memslots.pages(cpu, slot)
  let flush = false
  yield* vm.mmuLock.writeLock(cpu)
  let root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, NO_ROOT, false)
  while (root !== NO_ROOT) {
    const table = yield* vm.pages.roots.tableOf(cpu, root)
    yield* vm.pages.rcuReadLock(cpu)
    flush = yield* zapLeafsOfRoot(cpu, vm, table, start, gfnAdd(start, pages), flush)
    yield* vm.pages.rcuReadUnlock(cpu)
    root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, root, false)
  }
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_log_stop)
  yield* vm.mmuLock.writeUnlock(cpu)
}

function* zapLeafsOfRoot(cpu: Cpu, vm: Vm, root: number, start: Gfn, end: Gfn, owed: boolean): Steps<boolean> {
  const { iter } = vm.local[cpu.id]!
  let flush = owed
  walkBegins(cpu, vm)
  yield* iter.start(cpu, LEVEL_4K, start, root)
  for (; iter.valid && iter.gfn < end; yield* iter.next(cpu)) {
    const yielded = yield* vm.kvm.tdpMmuIterCondResched(cpu, vm, iter, flush, false)
    if (yielded) flush = false
    if (yielded || !isCollapsible(vm, iter)) continue
    yield* zapSpte(cpu, vm, iter.sptep)
    flush = true
  }
  return flush
}

/** A small leaf where a huge one could be. */
const isCollapsible = (vm: Vm, { level, oldSpte }: TdpIter): boolean =>
  level === LEVEL_4K && isPresentLeaf(oldSpte, level) && vm.host.isHuge(hostPageOfPfn(pfnOf(oldSpte)))

/** `kvm_mmu_zap_collapsible_sptes()`, arch/x86/kvm/mmu/mmu.c, v5.13 to v5.18 (2db6f772b530): under mmu_lock for read, and a flush for each leaf of 4 KiB. */
export function* zapLeafs(cpu: Cpu, vm: Vm, slot: Memslot): Steps<void> {
  yield* zapCollapsible(cpu, vm, slot, LEVEL_4K)
}

/** `kvm_mmu_zap_collapsible_sptes()`, v5.19 to v6.12 (5ba7c4c6d1c7): the page tables instead of the leafs, and a flush for each. */
export function* zapTables(cpu: Cpu, vm: Vm, slot: Memslot): Steps<void> {
  yield* zapCollapsible(cpu, vm, slot, LEVEL_2M)
}

function* zapCollapsible(cpu: Cpu, vm: Vm, slot: Memslot, minLevel: number): Steps<void> {
  const start = yield* vm.memslots.baseGfn(cpu, slot)
  const pages = yield* vm.memslots.pages(cpu, slot)
  yield* vm.mmuLock.readLock(cpu)
  let root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, NO_ROOT, true)
  while (root !== NO_ROOT) {
    const table = yield* vm.pages.roots.tableOf(cpu, root)
    yield* vm.pages.rcuReadLock(cpu)
    yield* zapCollapsibleSpteRange(cpu, vm, table, start, gfnAdd(start, pages), minLevel)
    yield* vm.pages.rcuReadUnlock(cpu)
    root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, root, true)
  }
  yield* vm.mmuLock.readUnlock(cpu)
}

/** `zap_collapsible_spte_range()`, arch/x86/kvm/mmu/tdp_mmu.c. */
function* zapCollapsibleSpteRange(cpu: Cpu, vm: Vm, root: number, start: Gfn, end: Gfn, minLevel: number): Steps<void> {
  const { iter } = vm.local[cpu.id]!
  walkBegins(cpu, vm)
  yield* iter.start(cpu, minLevel, start, root)
  while (iter.valid && iter.gfn < end) {
    const yielded = yield* vm.kvm.tdpMmuIterCondResched(cpu, vm, iter, false, true)
    if (!yielded) {
      const goes = yield* isToGo(cpu, vm, iter, start, end, minLevel)
      const was = goes ? yield* zapSpteAtomic(cpu, vm, iter) : iter.oldSpte
      // goto retry: another CPU was at the entry.
      if (was !== iter.oldSpte) {
        iter.oldSpte = was
        continue
      }
    }
    yield* iter.next(cpu)
  }
}

function* isToGo(cpu: Cpu, vm: Vm, iter: TdpIter, start: Gfn, end: Gfn, minLevel: number): Steps<boolean> {
  if (minLevel === LEVEL_4K) return isCollapsible(vm, iter)
  return isRecoverable(iter, start, end) && (yield* isBackedByHugePage(cpu, vm, iter.oldSpte, iter.level))
}

/**
 * `tdp_mmu_zap_spte_atomic()`: freezes the entry, flushes every TLB, removes the entry. Returns its value: the one read before, if it has changed.
 */
function* zapSpteAtomic(cpu: Cpu, vm: Vm, iter: TdpIter): Steps<number> {
  const { sptep, oldSpte, level } = iter
  const was = yield* cpu.cas(sptep, oldSpte, FROZEN_SPTE)
  if (was !== oldSpte) return was
  if (isTable(oldSpte, level)) {
    yield* vm.kvm.handleRemovedPt(cpu, vm, childOf(oldSpte), true)
    cpu.count(COUNTER.huge_pages_recovered, 1)
  }
  yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_log_stop)
  // No other CPU changes a frozen entry.
  yield* cpu.store(sptep, NONPRESENT)
  return oldSpte
}
