import type { Cpu, Word } from '../shared-memory/cpu.ts'
import {
  childOf,
  isPresentLeaf,
  isTable,
  makeNonleaf,
  NONPRESENT,
  pfnOf,
  ROOT_LEVEL,
  roundForLevel,
} from '../shared-memory/page-tables/spte.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { WORK_KIND } from './costs.ts'
import { COUNTER } from './counters.ts'
import { goalLevel, largestLevel, leafFor } from './mapping-level.ts'
import { beginChild, disallowedChild } from './nx/link.ts'
import { NO_PAGE, SHADOW } from './nx/mmu-pages.ts'
import { markLinked } from './nx/oracles.ts'
import { trackShadow } from './nx/track.ts'
import { assertInstall, assertSamePfn } from './oracles.ts'
import { type Fault, type FaultResult, FIXED, SPURIOUS } from './page-fault.ts'
import type { Vm } from './vm.ts'

/**
 * F12 under mmu_lock for write, with shadow paging: `__direct_map()`, `mmu_set_spte()`. Nobody else changes an entry, so plain
 * stores do; the reverse map remembers where the gfn is mapped.
 */
export function* directMap(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  const goal = goalLevel(vm, fault)
  yield* cpu.work(WORK_KIND.map_spte, fault.mapUnits)
  let table = vm.nx === undefined ? vm.tables.root : vm.nx.nestedRoot
  for (let level = ROOT_LEVEL; ; level -= 1) {
    const sptep = vm.tables.sptep(table, fault.gfn, level)
    const spte = yield* cpu.loadAcquire(sptep)
    if (level <= goal) {
      const child = vm.nx === undefined ? NO_PAGE : yield* disallowedChild(cpu, vm.nx, spte, level)
      if (child === NO_PAGE) return yield* setSpte(cpu, vm, fault, sptep, spte, level)
      table = child
    } else {
      table = isTable(spte, level) ? childOf(spte) : yield* linkShadowPage(cpu, vm, fault, sptep, spte, level)
    }
  }
}

/** `mmu_set_spte()`. A huge page is found by the reverse map of its first gfn. */
function* setSpte(cpu: Cpu, vm: Vm, fault: Fault, sptep: Word, old: number, level: number): Steps<FaultResult> {
  const spte = leafFor(vm, fault, level)
  if (old === spte) return SPURIOUS
  yield* cpu.store(sptep, spte)
  const rmap = yield* vm.memslots.rmap(cpu, fault.slot, roundForLevel(fault.gfn, level))
  yield* cpu.write(vm.rmap(rmap), sptep)
  assertInstall(cpu, vm, fault)
  if (isPresentLeaf(old, level)) assertSamePfn(cpu, vm, fault.gfn, pfnOf(old), pfnOf(spte))
  return FIXED
}

/** `link_shadow_page()`. A huge page that is in the way is dropped, and the TLBs are flushed of it. */
function* linkShadowPage(cpu: Cpu, vm: Vm, fault: Fault, sptep: Word, spte: number, level: number): Steps<number> {
  const table = vm.tables.take(cpu)
  if (vm.nx !== undefined) {
    yield* beginChild(cpu, vm.nx, fault, table, SHADOW, level, sptep)
    if (isPresentLeaf(spte, level)) yield* dropLargeSpte(cpu, vm, fault, sptep, level)
  }
  yield* cpu.store(sptep, makeNonleaf(table))
  if (vm.nx !== undefined) markLinked(cpu, vm.nx, table)
  if (vm.nx !== undefined && fault.exec && level <= largestLevel(vm, fault)) yield* trackShadow(cpu, vm.nx, table)
  return table
}

/** `drop_large_spte()`. */
function* dropLargeSpte(cpu: Cpu, vm: Vm, fault: Fault, sptep: Word, level: number): Steps<void> {
  yield* cpu.store(sptep, NONPRESENT)
  const rmap = yield* vm.memslots.rmap(cpu, fault.slot, roundForLevel(fault.gfn, level))
  yield* cpu.write(vm.rmap(rmap), 0)
  yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_map_replace)
}
