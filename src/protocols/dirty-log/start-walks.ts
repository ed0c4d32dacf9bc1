import { type Gfn, gfnAdd } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import { isPresentLeaf, LEVEL_2M, LEVEL_4K } from '../../shared-memory/page-tables/spte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { walkBegins } from '../assertions.ts'
import { COUNTER } from '../counters.ts'
import { linkSp } from '../map.ts'
import type { Memslot } from '../memslots/memslot.ts'
import { NO_PAGE } from '../nx/mmu-pages.ts'
import { NO_ROOT } from '../nx/roots.ts'
import { Fault } from '../page-fault.ts'
import type { Vm } from '../vm.ts'
import { wrprotRoot } from '../zap.ts'

// Walks over a memslot, in every root, as dirty logging begins.

/**
 * `kvm_mmu_slot_remove_write_access()`, arch/x86/kvm/mmu/mmu.c, since v5.13 (24ae4cfaaa2a): under mmu_lock for read. Whether an entry was changed; the flush
 * is the caller's.
 */
export function* mmuSlotRemoveWriteAccess(cpu: Cpu, vm: Vm, slot: Memslot): Steps<boolean> {
  yield* vm.mmuLock.readLock(cpu)
  const changed = yield* wrprotSlot(cpu, vm, slot, true)
  yield* vm.mmuLock.readUnlock(cpu)
  return changed
}

/** `kvm_tdp_mmu_wrprot_slot()`. `shared`: mmu_lock is held for read. */
export function* wrprotSlot(
  cpu: Cpu,
  vm: Vm,
  slot: Memslot,
  shared: boolean,
  minLevel: number = LEVEL_4K,
): Steps<boolean> {
  const start = yield* vm.memslots.baseGfn(cpu, slot)
  const pages = yield* vm.memslots.pages(cpu, slot)
  let changed = false
  let root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, NO_ROOT, true)
  while (root !== NO_ROOT) {
    const table = yield* vm.pages.roots.tableOf(cpu, root)
    yield* vm.pages.rcuReadLock(cpu)
    const here = yield* wrprotRoot(cpu, vm, table, start, gfnAdd(start, pages), shared, minLevel)
    changed = changed || here
    yield* vm.pages.rcuReadUnlock(cpu)
    root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, root, true)
  }
  return changed
}

/**
 * `kvm_mmu_slot_try_split_huge_pages()`, arch/x86/kvm/mmu/mmu.c, since v5.18 (a3fe5dbda0a4): splits huge pages before
 * the guest writes to them, under mmu_lock for read. No flush: the small entries have the same translations.
 */
export function* mmuSlotTrySplitHugePages(cpu: Cpu, vm: Vm, slot: Memslot): Steps<void> {
  const start = yield* vm.memslots.baseGfn(cpu, slot)
  const pages = yield* vm.memslots.pages(cpu, slot)
  yield* vm.tables.topup(cpu)
  yield* vm.mmuLock.readLock(cpu)
  let root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, NO_ROOT, true)
  while (root !== NO_ROOT) {
    const table = yield* vm.pages.roots.tableOf(cpu, root)
    yield* vm.pages.rcuReadLock(cpu)
    yield* splitHugePagesRoot(cpu, vm, table, start, gfnAdd(start, pages), true)
    yield* vm.pages.rcuReadUnlock(cpu)
    root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, root, true)
  }
  yield* vm.mmuLock.readUnlock(cpu)
}

/** `tdp_mmu_split_huge_pages_root()`: mmu_lock is dropped for the allocation of page tables too. `shared`: it is held for read. */
export function* splitHugePagesRoot(
  cpu: Cpu,
  vm: Vm,
  root: number,
  start: Gfn,
  end: Gfn,
  shared: boolean,
): Steps<void> {
  const { iter } = vm.local[cpu.id]!
  const fault = new Fault()
  walkBegins(cpu, vm)
  yield* iter.start(cpu, LEVEL_2M, start, root)
  for (; iter.valid && iter.gfn < end; yield* iter.next(cpu)) {
    const yielded = yield* vm.kvm.tdpMmuIterCondResched(cpu, vm, iter, false, shared)
    if (yielded || !isPresentLeaf(iter.oldSpte, iter.level)) continue
    if (vm.tables.isEmptyFor(cpu)) {
      yield* vm.pages.rcuReadUnlock(cpu)
      if (shared) yield* vm.mmuLock.readUnlock(cpu)
      else yield* vm.mmuLock.writeUnlock(cpu)
      yield* vm.tables.topup(cpu)
      if (shared) yield* vm.mmuLock.readLock(cpu)
      else yield* vm.mmuLock.writeLock(cpu)
      yield* vm.pages.rcuReadLock(cpu)
      // The walk visits this entry again.
      iter.yielded = true
      continue
    }
    fault.begin(iter.gfn, false)
    const table = yield* linkSp(cpu, vm, fault, iter.sptep, iter.oldSpte, iter.level)
    if (table === NO_PAGE) iter.yielded = true
    else cpu.count(COUNTER.huge_pages_split, 1)
  }
}
