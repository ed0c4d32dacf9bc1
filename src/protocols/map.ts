import type { Cpu, Word } from '../shared-memory/cpu.ts'
import {
  childOf,
  DIRTY,
  isFrozen,
  isLast,
  isPresentLeaf,
  isShadowPresent,
  LEVEL_2M,
  LEVEL_4K,
  makeLeaf,
  makeNonleaf,
  pagesPerLevel,
  pfnOf,
  R,
  ROOT_LEVEL,
  W,
  X,
} from '../shared-memory/page-tables/spte.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { WORK_KIND } from './costs.ts'
import { COUNTER } from './counters.ts'
import { pfnOfPte } from './host-mm.ts'
import { assertInstall, assertSamePfn } from './oracles.ts'
import { CONTINUE, type Fault, type FaultResult, FIXED, RETRY, SPURIOUS } from './page-fault.ts'
import type { Vm } from './vm.ts'

/** How large a mapping may be: as large as the host's, if gfn and host memory lie alike. */
function goalLevel(vm: Vm, fault: Fault): number {
  const level = vm.host.mappingLevel(fault.hostPage)
  const isAligned = (fault.gfn - fault.hostPage) % pagesPerLevel(LEVEL_2M) === 0
  return level === LEVEL_2M && isAligned ? LEVEL_2M : LEVEL_4K
}

/** The leaf that maps the fault's page, or the whole of its huge page. */
function leafFor(vm: Vm, fault: Fault, level: number): number {
  const pfn = level === LEVEL_4K ? fault.pfn : pfnOfPte(vm.host.head(fault.hostPage), fault.hostPte)
  return makeLeaf(pfn, level, R | W | X | DIRTY)
}

/**
 * F3: `fast_page_fault()`. A present entry that only lacks permission is given it back by CAS, without mmu_lock: permissions
 * of the same pfn need no sequence.
 */
export function* fastPageFault(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  if (!fault.present) return CONTINUE
  let table = vm.tables.root
  for (let level = ROOT_LEVEL; level >= LEVEL_4K; level -= 1) {
    const sptep = vm.tables.sptep(table, fault.gfn, level)
    const spte = yield* cpu.load(sptep)
    if (!isShadowPresent(spte)) return CONTINUE
    if (isLast(spte, level)) return yield* fastFix(cpu, sptep, spte)
    table = childOf(spte)
  }
  return CONTINUE
}

function* fastFix(cpu: Cpu, sptep: Word, spte: number): Steps<FaultResult> {
  if ((spte & W) !== 0) return SPURIOUS
  const was = yield* cpu.cas(sptep, spte, spte | W | DIRTY)
  if (was !== spte) return CONTINUE
  cpu.count(COUNTER.pf_fast, 1)
  return FIXED
}

/**
 * F12 under mmu_lock for read: `kvm_tdp_mmu_map()`. Other faults map at the same time, so every entry is set by CAS, and
 * whoever loses lets the guest fault again.
 */
export function* tdpMap(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  const goal = goalLevel(vm, fault)
  yield* cpu.work(WORK_KIND.map_spte, 1)
  let table = vm.tables.root
  for (let level = ROOT_LEVEL; level > goal; level -= 1) {
    const sptep = vm.tables.sptep(table, fault.gfn, level)
    const spte = yield* cpu.load(sptep)
    if (isFrozen(spte)) {
      cpu.count(COUNTER.retry_frozen, 1)
      return RETRY
    }
    if (isShadowPresent(spte) && !isLast(spte, level)) {
      table = childOf(spte)
      continue
    }
    // tdp_mmu_link_sp()
    table = vm.tables.take(cpu)
    const was = yield* cpu.cas(sptep, spte, makeNonleaf(table))
    if (was !== spte) {
      vm.tables.putBack(cpu, table)
      cpu.count(COUNTER.retry_cas_link, 1)
      return RETRY
    }
  }
  return yield* mapTargetLevel(cpu, vm, fault, vm.tables.sptep(table, fault.gfn, goal), goal)
}

/** `tdp_mmu_map_handle_target_level()`. */
function* mapTargetLevel(cpu: Cpu, vm: Vm, fault: Fault, sptep: Word, level: number): Steps<FaultResult> {
  const old = yield* cpu.load(sptep)
  if (isFrozen(old)) {
    cpu.count(COUNTER.retry_frozen, 1)
    return RETRY
  }
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
  return FIXED
}

/**
 * F12 under mmu_lock for write, with shadow paging: `__direct_map()`, `mmu_set_spte()`. Nobody else changes an entry, so plain
 * stores do; the reverse map remembers where the gfn is mapped.
 */
export function* shadowMap(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  const goal = goalLevel(vm, fault)
  yield* cpu.work(WORK_KIND.map_spte, 1)
  let table = vm.tables.root
  for (let level = ROOT_LEVEL; level > goal; level -= 1) {
    const sptep = vm.tables.sptep(table, fault.gfn, level)
    const spte = yield* cpu.load(sptep)
    if (isShadowPresent(spte)) {
      table = childOf(spte)
    } else {
      table = vm.tables.take(cpu)
      yield* cpu.store(sptep, makeNonleaf(table))
    }
  }
  const sptep = vm.tables.sptep(table, fault.gfn, goal)
  const old = yield* cpu.load(sptep)
  const spte = leafFor(vm, fault, goal)
  if (old === spte) return SPURIOUS
  yield* cpu.store(sptep, spte)
  const rmap = yield* vm.memslots.rmap(cpu, fault.slot, fault.gfn)
  yield* cpu.write(vm.rmap(rmap), sptep)
  assertInstall(cpu, vm, fault)
  if (isPresentLeaf(old, goal)) assertSamePfn(cpu, vm, fault.gfn, pfnOf(old), pfnOf(spte))
  return FIXED
}
