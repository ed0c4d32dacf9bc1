import type { Cpu, Word } from '../shared-memory/cpu.ts'
import {
  childOf,
  DIRTY,
  isFrozen,
  isLast,
  isPresentLeaf,
  isShadowPresent,
  isTable,
  LEVEL_4K,
  makeNonleaf,
  pfnOf,
  ROOT_LEVEL,
  W,
} from '../shared-memory/page-tables/spte.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { assertInstall, assertSamePfn, metFrozenSpte } from './assertions.ts'
import { isMixed } from './attributes/private-faults.ts'
import { WORK_KIND } from './costs.ts'
import { COUNTER } from './counters.ts'
import { aboutToLog, markPageDirty } from './dirty-log/mark.ts'
import { goalLevel, largestLevel, leafFor } from './mapping-level.ts'
import { NO_PAGE, TDP } from './nx/mmu-pages.ts'
import { type Fault, type FaultResult, FIXED, PF_INVALID, RETRY, SPURIOUS } from './page-fault.ts'
import type { Vm } from './vm.ts'

// arch/x86/kvm/mmu/tdp_mmu.c: how a fault changes the page tables. Numbers in comments are explained in STEPS.md.

/**
 * F3: `fast_page_fault()`, arch/x86/kvm/mmu/mmu.c. A present entry that only lacks permission is given it back by CAS, without
 * mmu_lock: permissions of the same pfn need no sequence.
 */
export function* fastPageFault(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  // page_fault_can_be_fast(): a fault that executes never is, as a huge page becomes executable only by being split.
  if (!fault.present || fault.exec) return PF_INVALID
  yield* vm.pages.locklessBegin(cpu, vm, fault.gfn)
  const result = yield* fastWalk(cpu, vm, fault)
  yield* vm.pages.locklessEnd(cpu, vm, fault.gfn)
  return result
}

function* fastWalk(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  let table = vm.pages.rootFor(cpu, fault.gfn)
  for (let level = ROOT_LEVEL; level >= LEVEL_4K; level -= 1) {
    const sptep = vm.pages.sptep(cpu, table, fault.gfn, level)
    const spte = yield* cpu.loadAcquire(sptep)
    if (!isShadowPresent(spte)) return PF_INVALID
    if (isLast(spte, level)) return yield* fastFix(cpu, vm, fault, sptep, spte, level)
    table = childOf(spte)
  }
  return PF_INVALID
}

function* fastFix(cpu: Cpu, vm: Vm, fault: Fault, sptep: Word, spte: number, level: number): Steps<FaultResult> {
  if ((spte & W) !== 0) return SPURIOUS
  // A huge page has one dirty bit for 512 pages: it is split first, under mmu_lock.
  if (fault.isDirtyTracked && level > LEVEL_4K) return PF_INVALID
  aboutToLog(cpu, vm, fault)
  const was = yield* cpu.cas(sptep, spte, spte | W | DIRTY)
  if (was !== spte) return PF_INVALID
  yield* markPageDirty(cpu, vm, fault)
  yield* cpu.work(WORK_KIND.fast_fault, 1)
  cpu.count(COUNTER.pf_fast, 1)
  return FIXED
}

/**
 * F12: `kvm_tdp_mmu_map()`, arch/x86/kvm/mmu/tdp_mmu.c, under mmu_lock for read. Other faults map at the same time, so every entry is
 * set by CAS, and a fault that loses lets the guest fault again. Tables may be taken away meanwhile: then RCU keeps them.
 */
export function* tdpMmuMap(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  yield* cpu.work(WORK_KIND.map_spte, fault.mapUnits)
  yield* vm.pages.rcuReadLock(cpu)
  const result = yield* walkAndMap(cpu, vm, fault)
  yield* vm.pages.mapEnds(cpu, vm, fault.gfn)
  return result
}

function* walkAndMap(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  if (vm.attributes !== undefined) fault.isMixed = yield* isMixed(cpu, vm.attributes, fault.gfn)
  const goal = goalLevel(vm, fault)
  let table = vm.pages.rootFor(cpu, fault.gfn)
  for (let level = ROOT_LEVEL; ; level -= 1) {
    const sptep = vm.pages.sptep(cpu, table, fault.gfn, level)
    const spte = yield* cpu.loadAcquire(sptep)
    if (isFrozen(spte)) {
      metFrozenSpte(cpu, fault)
      return RETRY
    }
    if (level <= goal) {
      const child = yield* vm.pages.disallowedChild(cpu, spte, level)
      if (child === NO_PAGE) return yield* mapTargetLevel(cpu, vm, fault, sptep, spte, level)
      table = child
    } else {
      table = yield* childFor(cpu, vm, fault, sptep, spte, level)
      if (table === NO_PAGE) return RETRY
    }
  }
}

function* childFor(cpu: Cpu, vm: Vm, fault: Fault, sptep: Word, spte: number, level: number): Steps<number> {
  if (isTable(spte, level)) return childOf(spte)
  if (isPresentLeaf(spte, level)) return yield* vm.kvm.tdpMmuSplitHugePage(cpu, vm, fault, sptep, spte, level)
  return yield* linkSp(cpu, vm, fault, sptep, spte, level)
}

/**
 * `tdp_mmu_split_huge_page()`, arch/x86/kvm/mmu/tdp_mmu.c, as `kvm_tdp_mmu_map()` calls it since v6.2 (c4b33d28ea51): in place, without a flush, as the small entries map what the huge one
 * did.
 */
export function* tdpMmuSplitHugePage(
  cpu: Cpu,
  vm: Vm,
  fault: Fault,
  sptep: Word,
  spte: number,
  level: number,
): Steps<number> {
  return yield* linkSp(cpu, vm, fault, sptep, spte, level)
}

/** `tdp_mmu_link_sp()`: the table that was linked, or NO_PAGE if another CPU was faster. */
export function* linkSp(cpu: Cpu, vm: Vm, fault: Fault, sptep: Word, spte: number, level: number): Steps<number> {
  const table = vm.tables.take(cpu)
  yield* vm.pages.initChild(cpu, fault, table, TDP, level, sptep)
  yield* vm.pages.splitHugePage(cpu, vm, table, spte, level)
  const was = yield* cpu.cas(sptep, spte, makeNonleaf(table))
  if (was !== spte) {
    yield* vm.pages.abandonChild(cpu, table, spte, level)
    vm.tables.putBack(cpu, table)
    cpu.count(COUNTER.retry_cas_link, 1)
    return NO_PAGE
  }
  vm.pages.linked(cpu, vm, fault.gfn, sptep, table)
  const isDisallowed = vm.pages.splitsForExec && fault.exec && level <= largestLevel(vm, fault)
  if (isDisallowed) yield* vm.kvm.trackPossibleNxHugePage(cpu, vm, table)
  return table
}

/** `tdp_mmu_map_handle_target_level()`. */
function* mapTargetLevel(cpu: Cpu, vm: Vm, fault: Fault, sptep: Word, old: number, level: number): Steps<FaultResult> {
  const spte = leafFor(vm, fault, level)
  if (old === spte) return SPURIOUS
  // make_spte(): a page mapped writable is logged, even if the guest has not written yet.
  yield* markPageDirty(cpu, vm, fault)
  // Publishes the mapping to the hardware's walk. Pairs with accessGuestMemory().
  const was = yield* cpu.cas(sptep, old, spte)
  if (was !== old) {
    cpu.count(COUNTER.retry_cas_leaf, 1)
    return RETRY
  }
  assertInstall(cpu, vm, fault)
  if (isPresentLeaf(old, level)) assertSamePfn(cpu, vm, fault.gfn, pfnOf(old), pfnOf(spte))
  if (isTable(old, level)) yield* vm.pages.dropChild(cpu, vm, old)
  return FIXED
}
