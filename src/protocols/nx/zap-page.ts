import type { Gfn } from '../../shared-memory/addresses.ts'
import { type Cpu, type Word, wordAt } from '../../shared-memory/cpu.ts'
import {
  childOf,
  isLast,
  isShadowPresent,
  isTable,
  LEVEL_4K,
  NONPRESENT,
  pagesPerLevel,
} from '../../shared-memory/page-tables/spte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { walkBegins } from '../assertions.ts'
import { COUNTER } from '../counters.ts'
import { NO_MEMSLOT } from '../memslots/memslot.ts'
import type { Vm } from '../vm.ts'
import { zapSpte } from '../zap.ts'
import type { Nx } from './nx.ts'
import { markUnlinked } from './oracles.ts'
import { NO_ROOT } from './roots.ts'

// N8: zaps one page-table page, in the two forms that there have been, and as the shadow MMU does.

/**
 * N8: `kvm_tdp_mmu_zap_possible_nx_huge_page()`, arch/x86/kvm/mmu/tdp_mmu.c, since v5.18: only the page itself. By CAS,
 * because faults may change the same entry under mmu_lock for read. Returns whether the page was still there.
 */
export function* tdpMmuZapPossibleNxHugePage(cpu: Cpu, vm: Vm, page: number): Steps<boolean> {
  const nx = vm.nx!
  const sptep = (yield* cpu.read(nx.pages.ptep(page))) as Word
  const parentLevel = (yield* cpu.read(nx.pages.level(page))) + 1
  const old = yield* cpu.load(sptep)
  const isOurs = isTable(old, parentLevel) && childOf(old) === page
  const was = isOurs ? yield* cpu.cas(sptep, old, NONPRESENT) : old
  if (!isOurs || was !== old) {
    cpu.count(COUNTER.nx_zap_lost_race, 1)
    return false
  }
  cpu.count(COUNTER.nx_zapped_tdp, 1)
  yield* vm.kvm.handleRemovedPt(cpu, vm, page, true)
  return true
}

/**
 * The range of gfns that the page covers, in every root, up to v5.17: `zap_gfn_range()`. An entry that lies in the range as a whole goes
 * as a whole, so the page itself does. `mayYield`: v5.11 let it drop mmu_lock on the way.
 */
export function* zapSpanOfPage(cpu: Cpu, vm: Vm, page: number, mayYield: boolean): Steps<boolean> {
  const nx = vm.nx!
  const start = (yield* cpu.read(nx.pages.gfn(page))) as Gfn
  const level = yield* cpu.read(nx.pages.level(page))
  const end = (start + pagesPerLevel(level + 1)) as Gfn
  cpu.count(COUNTER.nx_zapped_tdp, 1)
  let flush = false
  let root = yield* nextRootOutsideRcu(cpu, vm, NO_ROOT)
  while (root !== NO_ROOT) {
    const rootTable = yield* nx.roots.tableOf(cpu, root)
    flush = yield* zapSpan(cpu, vm, rootTable, start, end, mayYield, flush)
    root = yield* nextRootOutsideRcu(cpu, vm, root)
  }
  return flush
}

/** Dropping the last reference to a root requires a separate walk. */
function* nextRootOutsideRcu(cpu: Cpu, vm: Vm, root: number): Steps<number> {
  yield* vm.pages.rcuReadUnlock(cpu)
  const next = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, root, false)
  yield* vm.pages.rcuReadLock(cpu)
  return next
}

function* zapSpan(
  cpu: Cpu,
  vm: Vm,
  rootTable: number,
  start: Gfn,
  end: Gfn,
  mayYield: boolean,
  pending: boolean,
): Steps<boolean> {
  const iter = vm.local[cpu.id]!.iter
  let flush = pending
  walkBegins(cpu, vm)
  yield* iter.start(cpu, LEVEL_4K, start, rootTable)
  for (; iter.valid && iter.gfn < end; yield* iter.next(cpu)) {
    const yielded = mayYield ? yield* vm.kvm.tdpMmuIterCondResched(cpu, vm, iter, flush, false) : false
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

/** `kvm_mmu_prepare_zap_page()`, with mmu_lock held for write: out of the shadow page tables, and on the list of pages to free. */
export function* prepareZapPage(cpu: Cpu, vm: Vm, nx: Nx, table: number): Steps<void> {
  const gfn = (yield* cpu.read(nx.pages.gfn(table))) as Gfn
  const slot = yield* vm.memslots.find(cpu, gfn)
  const rmaps = slot === NO_MEMSLOT ? 0 : yield* vm.memslots.rmap(cpu, slot, gfn)
  const first = vm.tables.entriesOf(table)
  for (let entry = 0; entry < nx.entriesAt(LEVEL_4K); entry += 1) {
    const sptep = wordAt(first, entry)
    const spte = yield* cpu.load(sptep)
    if (!isShadowPresent(spte)) continue
    yield* cpu.store(sptep, NONPRESENT)
    if (slot !== NO_MEMSLOT) yield* cpu.write(vm.rmap(rmaps + entry), 0)
  }
  const ptep = (yield* cpu.read(nx.pages.ptep(table))) as Word
  yield* cpu.store(ptep, NONPRESENT)
  cpu.count(COUNTER.nx_zapped_shadow, 1)
  markUnlinked(cpu, vm, nx, table)
  nx.local[cpu.id]!.invalid.push(table)
}
