import type { Gfn } from '../shared-memory/addresses.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import {
  ACCESSED as ACCESSED_BIT,
  childOf,
  isLast,
  isShadowPresent,
  LEVEL_4K,
  NONPRESENT,
  pfnOf,
  ROOT_LEVEL,
  W,
} from '../shared-memory/page-tables/spte.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { assertFill, assertTouch } from './assertions.ts'
import { WORK_KIND } from './costs.ts'
import { COUNTER } from './counters.ts'
import { markWritten } from './dirty-log/oracles.ts'
import { hostPageOfPfn } from './host-mm.ts'
import { NO_PAGE } from './nx/mmu-pages.ts'
import { assertWalked } from './nx/oracles.ts'
import type { PagingStructureCache } from './nx/paging-structure-cache.ts'
import type { Vcpu } from './vcpu.ts'
import type { Vm } from './vm.ts'

/** The outcome of a guest access. */
export const ACCESSED = 0
export const FAULT_NOT_PRESENT = 1
export const FAULT_PROTECTION = 2
export type Access = typeof ACCESSED | typeof FAULT_NOT_PRESENT | typeof FAULT_PROTECTION

/** The guest writes to a page, or executes (X): through the TLB, else by the hardware's walk of the page tables. */
export function* accessGuestMemory(cpu: Cpu, vm: Vm, vcpu: Vcpu, gfn: Gfn, access: number = W): Steps<Access> {
  cpu.count(COUNTER.guest_accesses, 1)
  yield* cpu.work(WORK_KIND.guest_access, 1)
  if (vcpu.tlb.holds(gfn, access)) {
    assertTouch(cpu, vm, vcpu, gfn)
    if (access === W) markWritten(cpu, vm, gfn)
    return ACCESSED
  }
  const spte = yield* walkPageTables(cpu, vm, vcpu, gfn, access)
  if (spte === NONPRESENT) return FAULT_NOT_PRESENT
  if ((spte & access) === 0) return FAULT_PROTECTION
  vcpu.tlb.fill(gfn, hostPageOfPfn(pfnOf(spte)), spte)
  assertFill(cpu, vm, vcpu, gfn, pfnOf(spte))
  if (access === W) markWritten(cpu, vm, gfn)
  return ACCESSED
}

/**
 * The hardware's walk for an access that misses the TLB: the leaf for `gfn`, or NONPRESENT. It first marks an aged leaf
 * as accessed, atomically; if the entry has changed meanwhile, it walks again.
 */
function* walkPageTables(cpu: Cpu, vm: Vm, vcpu: Vcpu, gfn: Gfn, access: number): Steps<number> {
  for (;;) {
    const spte =
      vcpu.psc === undefined ? yield* walk(cpu, vm, vcpu, gfn) : yield* walkThroughPsc(cpu, vm, vcpu, vcpu.psc, gfn)
    if ((spte & access) === 0 || (spte & ACCESSED_BIT) !== 0) return spte
    const was = yield* cpu.cas(vcpu.sptep, spte, spte | ACCESSED_BIT)
    if (was === spte) return spte | ACCESSED_BIT
  }
}

function* walk(cpu: Cpu, vm: Vm, vcpu: Vcpu, gfn: Gfn): Steps<number> {
  let table = vm.tables.root
  for (let level = ROOT_LEVEL; level >= LEVEL_4K; level -= 1) {
    const spte = yield* cpu.loadAcquire(vm.tables.sptep(table, gfn, level))
    if (!isShadowPresent(spte)) return NONPRESENT
    if (isLast(spte, level)) {
      vcpu.sptep = vm.tables.sptep(table, gfn, level)
      return spte
    }
    table = childOf(spte)
  }
  return NONPRESENT
}

/** The same with the CPU's paging-structure cache: a present entry ends the walk; anything else is a fault, and drops the cached entry. */
function* walkThroughPsc(cpu: Cpu, vm: Vm, vcpu: Vcpu, psc: PagingStructureCache, gfn: Gfn): Steps<number> {
  const cached = psc.tableFor(gfn)
  if (cached === NO_PAGE) return yield* walkFromRoot(cpu, vm, vcpu, psc, gfn)
  const spte = yield* cpu.loadAcquire(vm.tables.sptep(cached, gfn, LEVEL_4K))
  if (isShadowPresent(spte)) {
    assertWalked(cpu, vm.nx!, cached, psc.generationFor(gfn))
    vcpu.sptep = vm.tables.sptep(cached, gfn, LEVEL_4K)
    return spte
  }
  psc.forget(gfn)
  return NONPRESENT
}

function* walkFromRoot(cpu: Cpu, vm: Vm, vcpu: Vcpu, psc: PagingStructureCache, gfn: Gfn): Steps<number> {
  let table = vm.pages.rootFor(cpu, gfn)
  for (let level = ROOT_LEVEL; level >= LEVEL_4K; level -= 1) {
    const spte = yield* cpu.loadAcquire(vm.tables.sptep(table, gfn, level))
    if (!isShadowPresent(spte)) return NONPRESENT
    if (level === LEVEL_4K) psc.fill(gfn, table, vm.nx!.generationOf(cpu, table))
    if (isLast(spte, level)) {
      vcpu.sptep = vm.tables.sptep(table, gfn, level)
      return spte
    }
    table = childOf(spte)
  }
  return NONPRESENT
}
