import { type Gfn, gfnAdd } from '../../shared-memory/addresses.ts'
import type { Cpu, Word } from '../../shared-memory/cpu.ts'
import { INVALID_PTE, isLeaf, isTable, tableOf } from '../../shared-memory/page-tables/stage2-pte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { condReschedRwlockWrite } from '../resched.ts'
import type { Stage2Vm } from '../vm.ts'
import { flushIpa, flushIpaRange } from './map.ts'

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

/**
 * `kvm_pgtable_stage2_unmap()`, arch/arm64/kvm/hyp/pgtable.c, since v6.6 (7657ea920c54): with FEAT_TLBIRANGE one TLBI of the whole range,
 * whether or not anything was mapped in it; without it one for each leaf. The kernel asks for FEAT_FWB too, which is taken for granted here.
 */
export function* stage2Unmap(cpu: Cpu, vm: Stage2Vm, start: Gfn, end: Gfn): Steps<void> {
  const { hasTlbRange } = vm.stage2
  yield* unmapLeafs(cpu, vm, start, end, !hasTlbRange)
  if (hasTlbRange) yield* flushIpaRange(cpu, vm, start, end)
}

/** Every leaf that overlaps [start, end). */
export function* unmapLeafs(cpu: Cpu, vm: Stage2Vm, start: Gfn, end: Gfn, flushesEach: boolean): Steps<void> {
  const { tables } = vm.stage2
  for (let gfn = start; gfn < end; ) {
    const next = tables.firstGfnOf(tables.blockOf(gfn) + 1)
    yield* unmapInBlock(cpu, vm, gfn, next < end ? next : end, flushesEach)
    gfn = next
  }
}

function* unmapInBlock(cpu: Cpu, vm: Stage2Vm, start: Gfn, end: Gfn, flushes: boolean): Steps<void> {
  const { tables } = vm.stage2
  const ptep = tables.blockEntry(start)
  const block = yield* cpu.loadAcquire(ptep)
  if (!isTable(block)) return yield* unmapLeaf(cpu, vm, start, ptep, block, flushes)
  for (let gfn = start; gfn < end; gfn = gfnAdd(gfn, 1)) {
    const pagePtep = tables.pageEntry(tableOf(block), gfn)
    const pte = yield* cpu.loadAcquire(pagePtep)
    yield* unmapLeaf(cpu, vm, gfn, pagePtep, pte, flushes)
  }
}

/** `stage2_unmap_put_pte()`. No other CPU holds mmu_lock, so a store is enough. */
function* unmapLeaf(cpu: Cpu, vm: Stage2Vm, gfn: Gfn, ptep: Word, pte: number, flushes: boolean): Steps<void> {
  if (!isLeaf(pte)) return
  yield* cpu.store(ptep, INVALID_PTE)
  if (flushes) yield* flushIpa(cpu, vm, gfn)
  cpu.count(COUNTER.leafs_zapped, 1)
}

/** `stage2_unmap_vm()`: all guest memory, when a vCPU is initialised again because the guest has been reset. */
export function* unmapStage2Vm(cpu: Cpu, vm: Stage2Vm): Steps<void> {
  yield* vm.mmuLock.writeLock(cpu)
  for (const { baseGfn, pages } of vm.config.memslots) {
    yield* unmapStage2Range(cpu, vm, baseGfn as Gfn, (baseGfn + pages) as Gfn, true)
  }
  yield* vm.mmuLock.writeUnlock(cpu)
}
