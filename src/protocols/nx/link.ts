import { type Cpu, type Word, wordAt } from '../../shared-memory/cpu.ts'
import {
  childOf,
  DIRTY,
  isPresentLeaf,
  isTable,
  LEVEL_4K,
  makeLeaf,
  NONPRESENT,
  pagesPerLevel,
  pfnOf,
  R,
  roundForLevel,
  W,
  X,
} from '../../shared-memory/page-tables/spte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { pfnAdd } from '../host-mm.ts'
import type { Fault } from '../page-fault.ts'
import type { Vm } from '../vm.ts'
import { type Mmu, NO_PAGE } from './mmu-pages.ts'
import type { Nx } from './nx.ts'
import { assertAllowed } from './oracles.ts'

/**
 * The permissions of a leaf: a huge page is never executable, so that the guest cannot cause a machine check with it
 * (iTLB multihit). A guest that executes therefore splits it into small pages, which are taken back later.
 */
export const leafAccess = (vm: Vm, level: number): number =>
  vm.pages.splitsForExec && level > LEVEL_4K ? R | W | DIRTY : R | W | X | DIRTY

/** Prepares the table that will replace `spte`, an entry of `level`: its range, and the reason why it exists. */
export function* beginChild(
  cpu: Cpu,
  nx: Nx,
  fault: Fault,
  table: number,
  mmu: Mmu,
  level: number,
  sptep: Word,
): Steps<void> {
  yield* nx.pages.begin(cpu, table, mmu, roundForLevel(fault.gfn, level), level - 1, sptep)
  if (fault.exec) yield* cpu.write(nx.pages.disallowed(table), 1)
}

/**
 * `tdp_mmu_split_huge_page()`, before the table is linked: small entries with the translations of the huge page, so that
 * the guest does not notice. TLBs may keep the huge page; the translation is the same.
 */
export function* populateChild(cpu: Cpu, vm: Vm, nx: Nx, table: number, huge: number, level: number): Steps<void> {
  if (!isPresentLeaf(huge, level)) return
  const below = level - 1
  const access = (huge & (R | W | DIRTY)) | (leafAccess(vm, below) & X)
  const first = vm.tables.entriesOf(table)
  for (let entry = 0; entry < nx.entriesAt(below); entry += 1) {
    const pfn = pfnAdd(pfnOf(huge), entry * pagesPerLevel(below))
    yield* cpu.write(wordAt(first, entry), makeLeaf(pfn, below, access))
  }
}

/** The page is not linked after all: another CPU was faster. */
export function* abandonChild(cpu: Cpu, nx: Nx, table: number, huge: number, level: number): Steps<void> {
  if (isPresentLeaf(huge, level)) yield* nx.clear(cpu, table)
}

/**
 * `disallowed_hugepage_adjust()`: where a huge page could go, small pages are because the guest executes there. They stay until
 * the worker takes them, or huge and small would take turns. The table, or NO_PAGE.
 */
export function* disallowedChild(cpu: Cpu, nx: Nx, spte: number, level: number): Steps<number> {
  if (!isTable(spte, level)) return NO_PAGE
  const child = childOf(spte)
  const disallowed = yield* cpu.load(nx.pages.disallowed(child))
  return disallowed === 0 ? NO_PAGE : child
}

/** A huge page has taken the place of small ones. */
export function* dropChild(cpu: Cpu, vm: Vm, nx: Nx, replaced: number): Steps<void> {
  const child = childOf(replaced)
  cpu.count(COUNTER.nx_replaced, 1)
  assertAllowed(cpu, nx, child)
  yield* vm.kvm.handleRemovedPt(cpu, vm, child, true)
  yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_map_replace)
}

/** `drop_large_spte()`: a huge page of the shadow MMU that is in the way, and the TLBs are flushed of it. */
export function* dropLargeSpte(cpu: Cpu, vm: Vm, fault: Fault, sptep: Word, spte: number, level: number): Steps<void> {
  if (!isPresentLeaf(spte, level)) return
  yield* cpu.store(sptep, NONPRESENT)
  const rmap = yield* vm.memslots.rmap(cpu, fault.slot, roundForLevel(fault.gfn, level))
  yield* cpu.write(vm.rmap(rmap), 0)
  yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_map_replace)
}
