import type { Cpu, Word } from '../shared-memory/cpu.ts'
import {
  childOf,
  isPresentLeaf,
  isTable,
  makeNonleaf,
  pfnOf,
  ROOT_LEVEL,
  roundForLevel,
} from '../shared-memory/page-tables/spte.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { assertInstall, assertSamePfn } from './assertions.ts'
import { isMixed } from './attributes/private-faults.ts'
import { WORK_KIND } from './costs.ts'
import { goalLevel, largestLevel, leafFor } from './mapping-level.ts'
import { NO_PAGE, SHADOW } from './nx/mmu-pages.ts'
import { trackShadow } from './nx/track.ts'
import { type Fault, type FaultResult, FIXED, SPURIOUS } from './page-fault.ts'
import type { Vm } from './vm.ts'

/**
 * F12 under mmu_lock for write, with shadow paging: `direct_map()`, `mmu_set_spte()`, arch/x86/kvm/mmu/mmu.c. No other CPU changes an entry, so plain
 * stores do; the reverse map remembers where the gfn is mapped.
 */
export function* directMap(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  if (vm.attributes !== undefined) fault.isMixed = yield* isMixed(cpu, vm.attributes, fault.gfn)
  const goal = goalLevel(vm, fault)
  yield* cpu.work(WORK_KIND.map_spte, fault.mapUnits)
  let table = vm.pages.rootFor(cpu, fault.gfn)
  for (let level = ROOT_LEVEL; ; level -= 1) {
    const sptep = vm.tables.sptep(table, fault.gfn, level)
    const spte = yield* cpu.loadAcquire(sptep)
    if (level <= goal) {
      const child = yield* vm.pages.disallowedChild(cpu, spte, level)
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
  yield* vm.pages.initChild(cpu, fault, table, SHADOW, level, sptep)
  yield* vm.pages.dropLargeSpte(cpu, vm, fault, sptep, spte, level)
  yield* cpu.store(sptep, makeNonleaf(table))
  vm.pages.linked(cpu, vm, fault.gfn, sptep, table)
  const isDisallowed = vm.pages.splitsForExec && fault.exec && level <= largestLevel(vm, fault)
  if (isDisallowed) yield* trackShadow(cpu, vm.nx!, table)
  return table
}
