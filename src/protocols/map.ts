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
  X,
} from '../shared-memory/page-tables/spte.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { WORK_KIND } from './costs.ts'
import { COUNTER } from './counters.ts'
import { goalLevel, largestLevel, leafFor } from './mapping-level.ts'
import { abandonChild, beginChild, disallowedChild, dropChild, populateChild } from './nx/link.ts'
import { lockFreeWalkBegin, lockFreeWalkEnd } from './nx/lock-free-walk.ts'
import { NO_PAGE, TDP } from './nx/mmu-pages.ts'
import { assertInRcu, markLinked, markRead, markReading } from './nx/oracles.ts'
import { trackTdp } from './nx/track.ts'
import { assertFlushed, assertInstall, assertLinked, assertSamePfn } from './oracles.ts'
import { CONTINUE, type Fault, type FaultResult, FIXED, RETRY, SPURIOUS } from './page-fault.ts'
import type { Vm } from './vm.ts'

/**
 * F3: `fast_page_fault()`. A present entry that only lacks permission is given it back by CAS, without mmu_lock: permissions
 * of the same pfn need no sequence.
 */
export function* fastPageFault(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  if (!fault.present) return CONTINUE
  if (vm.nx === undefined) return yield* fastWalk(cpu, vm, fault)
  yield* lockFreeWalkBegin(cpu, vm, vm.nx, fault.gfn)
  const result = yield* fastWalk(cpu, vm, fault)
  yield* lockFreeWalkEnd(cpu, vm, vm.nx, fault.gfn)
  return result
}

function* fastWalk(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  let table = vm.nx === undefined ? vm.tables.root : vm.nx.rootFor(cpu, fault.gfn)
  for (let level = ROOT_LEVEL; level >= LEVEL_4K; level -= 1) {
    if (vm.nx !== undefined) markReading(cpu, vm.nx, table)
    const sptep = vm.tables.sptep(table, fault.gfn, level)
    const spte = yield* cpu.loadAcquire(sptep)
    if (!isShadowPresent(spte)) return CONTINUE
    if (isLast(spte, level)) return yield* fastFix(cpu, fault, sptep, spte)
    table = childOf(spte)
  }
  return CONTINUE
}

function* fastFix(cpu: Cpu, fault: Fault, sptep: Word, spte: number): Steps<FaultResult> {
  // A huge page never becomes executable: that takes small ones.
  if (fault.exec) return (spte & X) !== 0 ? SPURIOUS : CONTINUE
  if ((spte & W) !== 0) return SPURIOUS
  const was = yield* cpu.cas(sptep, spte, spte | W | DIRTY)
  if (was !== spte) return CONTINUE
  cpu.count(COUNTER.pf_fast, 1)
  return FIXED
}

/**
 * F12 under mmu_lock for read: `kvm_tdp_mmu_map()`. Other faults map at the same time, so every entry is set by CAS, and
 * whoever loses lets the guest fault again. The recovery of NX huge pages may take tables away meanwhile: then RCU keeps them.
 */
export function* tdpMmuMap(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  yield* cpu.work(WORK_KIND.map_spte, fault.mapUnits)
  if (vm.nx === undefined) return yield* walkAndMap(cpu, vm, fault)
  yield* vm.nx.rcu.readLock(cpu)
  const result = yield* walkAndMap(cpu, vm, fault)
  markRead(cpu, vm.nx)
  assertInRcu(cpu, vm.nx)
  // What a huge page has replaced is flushed before RCU may free it.
  assertFlushed(cpu, vm, fault.gfn)
  yield* vm.nx.rcu.readUnlock(cpu)
  return result
}

function* walkAndMap(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  const goal = goalLevel(vm, fault)
  let table = vm.nx === undefined ? vm.tables.root : vm.nx.rootFor(cpu, fault.gfn)
  for (let level = ROOT_LEVEL; ; level -= 1) {
    if (vm.nx !== undefined) markReading(cpu, vm.nx, table)
    const sptep = vm.tables.sptep(table, fault.gfn, level)
    const spte = yield* cpu.loadAcquire(sptep)
    if (isFrozen(spte)) {
      cpu.count(COUNTER.retry_frozen, 1)
      return RETRY
    }
    if (level <= goal) {
      const child = vm.nx === undefined ? NO_PAGE : yield* disallowedChild(cpu, vm.nx, spte, level)
      if (child === NO_PAGE) return yield* mapTargetLevel(cpu, vm, fault, sptep, spte, level)
      table = child
    } else {
      table = isTable(spte, level) ? childOf(spte) : yield* linkTable(cpu, vm, fault, sptep, spte, level)
      if (table === NO_PAGE) return RETRY
    }
  }
}

/** `tdp_mmu_link_sp()`, `tdp_mmu_split_huge_page()`. The table that was linked, or NO_PAGE if somebody else was faster. */
function* linkTable(cpu: Cpu, vm: Vm, fault: Fault, sptep: Word, spte: number, level: number): Steps<number> {
  const { nx } = vm
  const table = vm.tables.take(cpu)
  if (nx !== undefined) {
    yield* beginChild(cpu, nx, fault, table, TDP, level, sptep)
    yield* populateChild(cpu, vm, nx, table, spte, level)
  }
  const was = yield* cpu.cas(sptep, spte, makeNonleaf(table))
  if (was !== spte) {
    if (nx !== undefined) yield* abandonChild(cpu, nx, table, spte, level)
    vm.tables.putBack(cpu, table)
    cpu.count(COUNTER.retry_cas_link, 1)
    return NO_PAGE
  }
  if (nx !== undefined) markLinked(cpu, nx, table)
  assertLinked(cpu, vm, fault.gfn, sptep, makeNonleaf(table))
  if (nx !== undefined && fault.exec && level <= largestLevel(vm, fault)) yield* trackTdp(cpu, vm, nx, table)
  return table
}

/** `tdp_mmu_map_handle_target_level()`. */
function* mapTargetLevel(cpu: Cpu, vm: Vm, fault: Fault, sptep: Word, old: number, level: number): Steps<FaultResult> {
  const spte = leafFor(vm, fault, level)
  if (old === spte) return SPURIOUS
  // Publishes the mapping to the hardware's walk. Pairs with accessGuestMemory().
  const was = yield* cpu.cas(sptep, old, spte)
  if (was !== old) {
    cpu.count(COUNTER.retry_cas_leaf, 1)
    return RETRY
  }
  assertInstall(cpu, vm, fault)
  if (isPresentLeaf(old, level)) assertSamePfn(cpu, vm, fault.gfn, pfnOf(old), pfnOf(spte))
  if (vm.nx !== undefined && isTable(old, level)) yield* dropChild(cpu, vm, vm.nx, old)
  return FIXED
}
