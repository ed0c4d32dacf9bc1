import { type Gfn, gfnAdd } from '../../shared-memory/addresses.ts'
import { type Cpu, wordAt } from '../../shared-memory/cpu.ts'
import {
  childOf,
  isPresentLeaf,
  isTable,
  LEVEL_2M,
  makeLeaf,
  NONPRESENT,
  pagesPerLevel,
  pfnOf,
} from '../../shared-memory/page-tables/spte.ts'
import type { TdpIter } from '../../shared-memory/page-tables/tdp-iter.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { walkBegins } from '../assertions.ts'
import { COUNTER } from '../counters.ts'
import { hostPageOfPfn, pfnAdd } from '../host-mm.ts'
import type { Memslot } from '../memslots/memslot.ts'
import { leafAccess } from '../nx/link.ts'
import { NO_ROOT } from '../nx/roots.ts'
import type { Vm } from '../vm.ts'

// At the end of dirty logging: pages that were split for it, and could be huge, become huge again.

/**
 * `kvm_mmu_recover_huge_pages()`, arch/x86/kvm/mmu/mmu.c, since v6.13, under mmu_lock for read: the huge page takes the place of the page table
 * (13e2e4f62a4b), and one flush is made for all of them (35ef80eb29ab).
 */
export function* mmuRecoverHugePages(cpu: Cpu, vm: Vm, slot: Memslot): Steps<void> {
  const start = yield* vm.memslots.baseGfn(cpu, slot)
  const pages = yield* vm.memslots.pages(cpu, slot)
  yield* vm.mmuLock.readLock(cpu)
  let root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, NO_ROOT, true)
  while (root !== NO_ROOT) {
    const table = yield* vm.pages.roots.tableOf(cpu, root)
    yield* vm.pages.rcuReadLock(cpu)
    const flush = yield* recoverHugePagesRange(cpu, vm, table, start, gfnAdd(start, pages))
    // Unlinked tables are flushed before RCU may free them, and before mmu_lock is dropped.
    if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_log_stop)
    yield* vm.pages.rcuReadUnlock(cpu)
    root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, root, true)
  }
  yield* vm.mmuLock.readUnlock(cpu)
}

/** `recover_huge_pages_range()`, arch/x86/kvm/mmu/tdp_mmu.c, up to its flush: whether it owes one. */
export function* recoverHugePagesRange(cpu: Cpu, vm: Vm, root: number, start: Gfn, end: Gfn): Steps<boolean> {
  const { iter } = vm.local[cpu.id]!
  let flush = false
  walkBegins(cpu, vm)
  yield* iter.start(cpu, LEVEL_2M, start, root)
  while (iter.valid && iter.gfn < end) {
    const yielded = yield* vm.kvm.tdpMmuIterCondResched(cpu, vm, iter, flush, true)
    if (yielded) flush = false
    else if (isRecoverable(iter, start, end)) {
      const { oldSpte, level, sptep } = iter
      const huge = yield* makeHugeSpte(cpu, vm, oldSpte, level)
      const was = huge === NONPRESENT ? oldSpte : yield* cpu.cas(sptep, oldSpte, huge)
      // goto retry: another CPU was at the entry.
      if (was !== oldSpte) {
        iter.oldSpte = was
        continue
      }
      if (huge !== NONPRESENT) {
        yield* vm.kvm.handleRemovedPt(cpu, vm, childOf(oldSpte), true)
        cpu.count(COUNTER.huge_pages_recovered, 1)
        flush = true
      }
    }
    yield* iter.next(cpu)
  }
  return flush
}

/** Whether the page table that the walk has found could be a huge page; the page must lie completely in the slot. */
export const isRecoverable = (iter: TdpIter, start: Gfn, end: Gfn): boolean =>
  iter.level <= LEVEL_2M &&
  isTable(iter.oldSpte, iter.level) &&
  iter.gfn >= start &&
  iter.gfn + pagesPerLevel(iter.level) <= end

/** `kvm_mmu_max_mapping_level()`: whether the host has a huge page behind a small entry of a page table. */
export function* isBackedByHugePage(cpu: Cpu, vm: Vm, table: number, level: number): Steps<boolean> {
  const huge = yield* makeHugeSpte(cpu, vm, table, level)
  return huge !== NONPRESENT
}

/** `make_huge_spte()`: by a small entry that there is, if the host has a huge page there. NONPRESENT: there is none. */
function* makeHugeSpte(cpu: Cpu, vm: Vm, table: number, level: number): Steps<number> {
  const first = vm.tables.entriesOf(childOf(table))
  for (let entry = 0; entry < vm.nx!.entriesAt(level - 1); entry += 1) {
    const spte = yield* cpu.load(wordAt(first, entry))
    if (!isPresentLeaf(spte, level - 1)) continue
    if (!vm.host.isHuge(hostPageOfPfn(pfnOf(spte)))) return NONPRESENT
    return makeLeaf(pfnAdd(pfnOf(spte), -entry * pagesPerLevel(level - 1)), level, leafAccess(vm, level))
  }
  return NONPRESENT
}
