import { type Gfn, gfnAdd, type Pfn } from '../../shared-memory/addresses.ts'
import type { Cpu, Word } from '../../shared-memory/cpu.ts'
import {
  INVALID_PTE,
  isLocked,
  isTable,
  isValid,
  LOCKED_PTE,
  makePte,
  makeTable,
  needsUpdate,
  S2_W,
  S2_X,
  tableOf,
} from '../../shared-memory/page-tables/stage2-pte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { assertInstall, metFrozenSpte } from '../assertions.ts'
import { BROADCAST_KIND, WORK_KIND } from '../costs.ts'
import { COUNTER } from '../counters.ts'
import { pfnAdd } from '../host-mm.ts'
import { type FaultResult, FIXED, RETRY } from '../page-fault.ts'
import type { Stage2Vm } from '../vm.ts'
import { assertInvalidated, assertLocked, assertOwnPage } from './oracles.ts'
import type { Stage2Fault } from './page-fault.ts'

/**
 * `kvm_pgtable_stage2_map()`, `__kvm_pgtable_visit()`, arch/arm64/kvm/hyp/pgtable.c: the entry of the block is made, by a leaf or by a table, among other
 * faults that map. Then it is read again, and if there is a table now, of this CPU or another, the walk goes down into it.
 */
export function* stage2Map(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<FaultResult> {
  const ptep = vm.stage2.tables.blockEntry(fault.gfn)
  const old = yield* cpu.loadAcquire(ptep)
  const made = yield* makeBlockEntry(cpu, vm, fault, ptep, old)
  if (made !== FIXED) return made
  return yield* goDown(cpu, vm, fault, ptep, fault.pfn)
}

/** The first visit of the walk. FIXED: it may continue. */
export function* makeBlockEntry(
  cpu: Cpu,
  vm: Stage2Vm,
  fault: Stage2Fault,
  ptep: Word,
  old: number,
): Steps<FaultResult> {
  if (fault.pages > 1) return yield* mapLeaf(cpu, vm, fault, fault.first, fault.pfn, ptep, old, NO_TABLE)
  return isTable(old) ? FIXED : yield* linkTable(cpu, vm, fault, ptep, old)
}

/** The entry is read again: is it a table? */
export function* goDown(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault, ptep: Word, pfn: Pfn): Steps<FaultResult> {
  const now = yield* cpu.loadAcquire(ptep)
  return isTable(now) ? yield* mapPages(cpu, vm, fault, tableOf(now), pfn) : FIXED
}

/** The entry is not part of a table of pages: the table with the blocks is never freed. */
const NO_TABLE = -1

/** The walk of a table of pages. Page `fault.first` is mapped to `pfn`, and each after it to the one after that. */
function* mapPages(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault, table: number, pfn: Pfn): Steps<FaultResult> {
  for (let page = 0; page < fault.pages; page += 1) {
    const gfn = gfnAdd(fault.first, page)
    const ptep = vm.stage2.tables.pageEntry(table, gfn)
    const old = yield* cpu.loadAcquire(ptep)
    const result = yield* mapLeaf(cpu, vm, fault, gfn, pfnAdd(pfn, page), ptep, old, table)
    if (result !== FIXED) return result
  }
  return FIXED
}

/** `stage2_map_walk_leaf()`: a table takes the place of a block, or of nothing. */
function* linkTable(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault, ptep: Word, old: number): Steps<FaultResult> {
  const broken = yield* tryBreakPte(cpu, vm, fault.gfn, ptep, old, NO_TABLE)
  if (!broken) {
    cpu.count(COUNTER.retry_cas_link, 1)
    return RETRY
  }
  assertLocked(cpu, vm, fault.gfn, ptep)
  yield* cpu.storeRelease(ptep, makeTable(vm.stage2.tables.take(cpu)))
  return FIXED
}

/** `stage2_map_walker_try_leaf()`: break, clean, invalidate, make. */
function* mapLeaf(
  cpu: Cpu,
  vm: Stage2Vm,
  fault: Stage2Fault,
  gfn: Gfn,
  pfn: Pfn,
  ptep: Word,
  old: number,
  table: number,
): Steps<FaultResult> {
  const now = makePte(pfn, fault.isExec ? S2_W | S2_X : S2_W)
  // The same page with other permissions is not broken for that: if the guest still needs them it faults once more, and
  // they are relaxed.
  if (!needsUpdate(old, now)) return RETRY
  const broken = yield* tryBreakPte(cpu, vm, gfn, ptep, old, table)
  if (!broken) {
    if (isLocked(old)) metFrozenSpte(cpu, fault)
    else cpu.count(COUNTER.retry_cas_leaf, 1)
    return RETRY
  }
  yield* cpu.work(WORK_KIND.dc_clean_line, operations(vm, fault))
  const served = !fault.isExec || (yield* vm.kvm.invalidateIcacheGuestPage(cpu, vm, fault))
  assertLocked(cpu, vm, gfn, ptep)
  // get_page() of the table that the entry is in.
  if (served && table !== NO_TABLE) yield* cpu.add(vm.stage2.tables.count(table), 1)
  // The patch with the interval tree returned -EAGAIN from here and left the entry LOCKED forever.
  yield* cpu.storeRelease(ptep, served ? now : INVALID_PTE)
  if (!served) return RETRY
  assertInstall(cpu, vm, fault)
  assertOwnPage(cpu, vm, gfn, pfn)
  if (fault.isExec) assertInvalidated(cpu, vm, fault)
  cpu.count(COUNTER.stage2_mapped, 1)
  return FIXED
}

/** The number of by-line operations for the mapping on this machine. */
export const operations = (vm: Stage2Vm, { pages }: Stage2Fault): number =>
  Math.max(1, Math.ceil((pages * vm.stage2.pageBytes) / vm.stage2.lineBytes / vm.stage2.scale))

/** `stage2_try_break_pte()`: old -> LOCKED, and no CPU uses the old one any more. `table`: which the entry is in. */
function* tryBreakPte(cpu: Cpu, vm: Stage2Vm, gfn: Gfn, ptep: Word, old: number, table: number): Steps<boolean> {
  if (isLocked(old)) return false
  const was = yield* cpu.cas(ptep, old, LOCKED_PTE)
  if (was !== old) return false
  if (!isValid(old)) return true
  yield* flushIpa(cpu, vm, gfn)
  // put_page()
  if (table !== NO_TABLE) yield* cpu.sub(vm.stage2.tables.count(table), 1)
  return true
}

/**
 * `kvm_tlb_flush_vmid_range()`, where the machine has FEAT_TLBIRANGE: one TLBI RIPAS2E1IS for the range [start, end), and the rest as for one page.
 */
export function* flushIpaRange(cpu: Cpu, vm: Stage2Vm, start: Gfn, end: Gfn): Steps<void> {
  cpu.count(COUNTER.tlbi_broadcast, 1)
  cpu.count(COUNTER.tlbi_range, 1)
  yield* cpu.broadcast(BROADCAST_KIND.tlbi, 1)
  yield* cpu.broadcast(BROADCAST_KIND.dsb_ish, 1)
  yield* cpu.broadcast(BROADCAST_KIND.tlbi, 1)
  const { tables } = vm.stage2
  // The hardware's TLB entries of the range become invalid. Pairs with the load in accessStage2().
  for (let block = tables.blockOf(start); tables.firstGfnOf(block) < end; block += 1) {
    yield* cpu.add(vm.stage2.tlbEpoch(tables.firstGfnOf(block)), 1)
  }
  yield* cpu.broadcast(BROADCAST_KIND.dsb_ish, 1)
}

/**
 * `__kvm_tlb_flush_vmid_ipa()`: TLBI IPAS2E1IS, DSB, TLBI VMALLE1IS, DSB. Broadcast by the interconnect, without an IPI: when
 * it is over no CPU uses the old translation.
 */
export function* flushIpa(cpu: Cpu, vm: Stage2Vm, gfn: Gfn): Steps<void> {
  cpu.count(COUNTER.tlbi_broadcast, 1)
  yield* cpu.broadcast(BROADCAST_KIND.tlbi, 1)
  yield* cpu.broadcast(BROADCAST_KIND.dsb_ish, 1)
  yield* cpu.broadcast(BROADCAST_KIND.tlbi, 1)
  // The hardware's TLB entries of the block become invalid. Pairs with the load in accessStage2().
  yield* cpu.add(vm.stage2.tlbEpoch(gfn), 1)
  yield* cpu.broadcast(BROADCAST_KIND.dsb_ish, 1)
}
