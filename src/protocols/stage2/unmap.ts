import { type Gfn, gfnAdd } from '../../shared-memory/addresses.ts'
import type { Cpu, Word } from '../../shared-memory/cpu.ts'
import { INVALID_PTE, isLeaf, isTable, tableOf } from '../../shared-memory/page-tables/stage2-pte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { condReschedRwlockWrite } from '../resched.ts'
import { flushIpa } from './map.ts'
import type { Stage2Vm } from './stage2.ts'

/**
 * `__unmap_stage2_range()`, `stage2_apply_range()`, arch/arm64/kvm/mmu.c: takes every leaf that overlaps [start, end) away, with mmu_lock
 * held for write; may drop it, if the task may block, between two chunks of the smallest block that no table of pages can map: 1 GiB with
 * pages of 4 KiB, 32 MiB with 16 KiB, 512 MiB with 64 KiB. Each leaf is flushed as it goes, so nothing is left to be flushed.
 */
export function* unmapStage2Range(cpu: Cpu, vm: Stage2Vm, start: Gfn, end: Gfn, mayBlock: boolean): Steps<void> {
  const { tables } = vm.stage2
  for (let gfn = start; gfn < end; ) {
    const nextBlock = tables.firstGfnOf(tables.blockOf(gfn) + 1)
    yield* unmapInBlock(cpu, vm, gfn, nextBlock < end ? nextBlock : end)
    gfn = nextBlock
    if (mayBlock && gfn < end && isChunk(vm, gfn)) yield* condReschedRwlockWrite(cpu, vm, gfn)
  }
}

/** `kvm_granule_size(KVM_PGTABLE_MIN_BLOCK_LEVEL)`. */
function isChunk(vm: Stage2Vm, gfn: Gfn): boolean {
  const { entries } = vm.stage2.tables
  const pages = vm.config.stage2!.granule === '4k' ? entries * entries : entries
  return gfn % pages === 0
}

function* unmapInBlock(cpu: Cpu, vm: Stage2Vm, start: Gfn, end: Gfn): Steps<void> {
  const { tables } = vm.stage2
  const ptep = tables.blockEntry(start)
  const block = yield* cpu.loadAcquire(ptep)
  if (isLeaf(block)) yield* unmapLeaf(cpu, vm, start, ptep)
  if (!isTable(block)) return
  for (let gfn = start; gfn < end; gfn = gfnAdd(gfn, 1)) {
    const pagePtep = tables.pageEntry(tableOf(block), gfn)
    const pte = yield* cpu.loadAcquire(pagePtep)
    if (isLeaf(pte)) yield* unmapLeaf(cpu, vm, gfn, pagePtep)
  }
}

/** `stage2_unmap_put_pte()`. Nobody else holds mmu_lock, so a store does. */
function* unmapLeaf(cpu: Cpu, vm: Stage2Vm, gfn: Gfn, ptep: Word): Steps<void> {
  yield* cpu.store(ptep, INVALID_PTE)
  yield* flushIpa(cpu, vm, gfn)
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
