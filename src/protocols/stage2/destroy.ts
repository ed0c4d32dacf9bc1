import { type Gfn, gfnAdd } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import { INVALID_PTE, isLeaf, isTable, tableOf } from '../../shared-memory/page-tables/stage2-pte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { isStage2, type Stage2Vm, type Vm } from '../vm.ts'
import { chunkPages } from './unmap.ts'

// The process that has the VM exits, on arm64.

/**
 * `kvm_arch_flush_shadow_all()` of arm64, which is `kvm_free_stage2_pgd()`, arch/arm64/kvm/mmu.c: with mmu_lock held the table is unlinked, so that the next holder of the lock
 * finds none; it is taken apart with no lock held, and nothing is flushed: no vCPU runs any more.
 */
export function* arm64FlushShadowAll(cpu: Cpu, vm: Vm): Steps<void> {
  if (!isStage2(vm)) return
  yield* vm.mmuLock.writeLock(cpu)
  yield* vm.mmuLock.writeUnlock(cpu)
  yield* vm.kvm.stage2Destroy(cpu, vm)
}

/** `stage2_destroy_range()`, arch/arm64/kvm/mmu.c, since v6.19 (4ddfab5436b6): between two chunks the scheduler may have the CPU. */
export function* stage2Destroy(cpu: Cpu, vm: Stage2Vm): Steps<void> {
  const { start, end } = rangeOf(vm)
  const chunk = chunkPages(vm)
  for (let gfn = start; gfn < end; ) {
    const next = (gfn - (gfn % chunk) + chunk) as Gfn
    yield* freeRange(cpu, vm, gfn, next < end ? next : end)
    gfn = next
    if (gfn < end) yield* vm.kvm.condResched(cpu, vm)
  }
}

/** All that there are tables for. */
export function rangeOf({ stage2: { tables } }: Stage2Vm): { readonly start: Gfn; readonly end: Gfn } {
  return { start: tables.firstGfnOf(0), end: tables.firstGfnOf(tables.blocks) }
}

/**
 * `kvm_pgtable_stage2_destroy_range()`, `stage2_free_walker()`, arch/arm64/kvm/hyp/pgtable.c: visits every entry, and
 * releases the page or table that it points to.
 */
export function* freeRange(cpu: Cpu, vm: Stage2Vm, start: Gfn, end: Gfn): Steps<void> {
  const { tables } = vm.stage2
  for (let gfn = start; gfn < end; gfn = gfnAdd(gfn, tables.entries)) {
    const ptep = tables.blockEntry(gfn)
    const block = yield* cpu.loadAcquire(ptep)
    if (block === INVALID_PTE) continue
    if (isTable(block)) yield* freePages(cpu, vm, tableOf(block), gfn)
    else cpu.count(COUNTER.leafs_zapped, 1)
    yield* cpu.store(ptep, INVALID_PTE)
    if (isTable(block)) yield* tables.free(cpu, tableOf(block))
  }
}

function* freePages(cpu: Cpu, vm: Stage2Vm, table: number, first: Gfn): Steps<void> {
  const { tables } = vm.stage2
  for (let page = 0; page < tables.entries; page += 1) {
    const ptep = tables.pageEntry(table, gfnAdd(first, page))
    const pte = yield* cpu.loadAcquire(ptep)
    if (!isLeaf(pte)) continue
    yield* cpu.store(ptep, INVALID_PTE)
    yield* cpu.sub(tables.count(table), 1)
    cpu.count(COUNTER.leafs_zapped, 1)
  }
}
