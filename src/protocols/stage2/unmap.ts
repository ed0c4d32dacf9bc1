import { type Gfn, gfnAdd } from '../../shared-memory/addresses.ts'
import type { Cpu, Word } from '../../shared-memory/cpu.ts'
import { INVALID_PTE, isLeaf, isTable, tableOf } from '../../shared-memory/page-tables/stage2-pte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { condReschedRwlockWrite } from '../resched.ts'
import type { Stage2Vm } from '../vm.ts'
import { flushIpa, flushIpaRange } from './map.ts'
import { assertTableFlushed, flushesBefore } from './oracles.ts'

/**
 * `__unmap_stage2_range()`, `stage2_apply_range()`, arch/arm64/kvm/mmu.c: takes every leaf that overlaps [start, end) away, with mmu_lock
 * held for write; may drop it, if the task may block, between two chunks of the smallest block that no table of pages can map: 1 GiB with
 * pages of 4 KiB, 32 MiB with 16 KiB, 512 MiB with 64 KiB. Each chunk is flushed before it is over, so nothing is left to be flushed.
 */
export function* unmapStage2Range(cpu: Cpu, vm: Stage2Vm, start: Gfn, end: Gfn, mayBlock: boolean): Steps<void> {
  const chunk = chunkPages(vm)
  for (let gfn = start; gfn < end; ) {
    const next = (gfn - (gfn % chunk) + chunk) as Gfn
    yield* vm.kvm.stage2Unmap(cpu, vm, gfn, next < end ? next : end)
    gfn = next
    if (mayBlock && gfn < end) yield* condReschedRwlockWrite(cpu, vm, gfn)
  }
}

/** `kvm_granule_size(KVM_PGTABLE_MIN_BLOCK_LEVEL)`. */
export function chunkPages(vm: Stage2Vm): number {
  const { entries } = vm.stage2.tables
  return vm.config.stage2!.granule === '4k' ? entries * entries : entries
}

/** Kinds of entries that are flushed immediately; the others wait for one TLBI of the whole range. */
export type FlushedAtOnce = { readonly leafs: boolean; readonly tables: boolean }

export const ALL_AT_ONCE: FlushedAtOnce = { leafs: true, tables: true }

/**
 * `kvm_pgtable_stage2_unmap()`, arch/arm64/kvm/hyp/pgtable.c, since v6.9: with FEAT_TLBIRANGE one TLBI of the whole range, whether or not anything was
 * mapped in it (7657ea920c54), and one for each page table that goes, as it is freed before the range is flushed (f62d4c3eb687); without it one for
 * each leaf too. The kernel asks for FEAT_FWB as well, which is taken for granted here.
 */
export function* stage2Unmap(cpu: Cpu, vm: Stage2Vm, start: Gfn, end: Gfn): Steps<void> {
  const { hasTlbRange } = vm.stage2
  yield* unmapWalk(cpu, vm, start, end, { leafs: !hasTlbRange, tables: true })
  if (hasTlbRange) yield* flushIpaRange(cpu, vm, start, end)
}

/** `stage2_unmap_walker()`: every leaf that overlaps [start, end), and every table of pages that has none left. */
export function* unmapWalk(cpu: Cpu, vm: Stage2Vm, start: Gfn, end: Gfn, flushes: FlushedAtOnce): Steps<void> {
  const { tables } = vm.stage2
  for (let gfn = start; gfn < end; ) {
    const next = tables.firstGfnOf(tables.blockOf(gfn) + 1)
    yield* unmapInBlock(cpu, vm, gfn, next < end ? next : end, flushes)
    gfn = next
  }
}

function* unmapInBlock(cpu: Cpu, vm: Stage2Vm, start: Gfn, end: Gfn, flushes: FlushedAtOnce): Steps<void> {
  const { tables } = vm.stage2
  const ptep = tables.blockEntry(start)
  const block = yield* cpu.loadAcquire(ptep)
  if (isLeaf(block)) return yield* unmapLeaf(cpu, vm, start, ptep, flushes)
  if (!isTable(block)) return
  const table = tableOf(block)
  for (let gfn = start; gfn < end; gfn = gfnAdd(gfn, 1)) {
    const pagePtep = tables.pageEntry(table, gfn)
    const pte = yield* cpu.loadAcquire(pagePtep)
    if (!isLeaf(pte)) continue
    yield* unmapLeaf(cpu, vm, gfn, pagePtep, flushes)
    yield* cpu.sub(tables.count(table), 1)
  }
  // The walk leaves the table: KVM_PGTABLE_WALK_TABLE_POST.
  const count = yield* cpu.load(tables.count(table))
  if (count === 0) yield* freeTable(cpu, vm, start, ptep, table, flushes)
}

/** `stage2_unmap_put_pte()`. No other CPU holds mmu_lock, so a store is enough. */
function* unmapLeaf(cpu: Cpu, vm: Stage2Vm, gfn: Gfn, ptep: Word, flushes: FlushedAtOnce): Steps<void> {
  yield* cpu.store(ptep, INVALID_PTE)
  if (flushes.leafs) yield* flushIpa(cpu, vm, gfn)
  cpu.count(COUNTER.leafs_zapped, 1)
}

/** Unlinks a table and frees it. */
function* freeTable(cpu: Cpu, vm: Stage2Vm, gfn: Gfn, ptep: Word, table: number, flushes: FlushedAtOnce): Steps<void> {
  const flushed = flushesBefore(cpu, vm, gfn)
  yield* cpu.store(ptep, INVALID_PTE)
  if (flushes.tables) yield* flushIpa(cpu, vm, gfn)
  assertTableFlushed(cpu, vm, gfn, flushed)
  cpu.count(COUNTER.stage2_tables_freed, 1)
  yield* vm.stage2.tables.free(cpu, table)
}

/** `stage2_unmap_vm()`: all guest memory, when a vCPU is initialised again because the guest has been reset. */
export function* unmapStage2Vm(cpu: Cpu, vm: Stage2Vm): Steps<void> {
  yield* vm.mmuLock.writeLock(cpu)
  for (const { baseGfn, pages } of vm.config.memslots) {
    yield* unmapStage2Range(cpu, vm, baseGfn as Gfn, (baseGfn + pages) as Gfn, true)
  }
  yield* vm.mmuLock.writeUnlock(cpu)
}
