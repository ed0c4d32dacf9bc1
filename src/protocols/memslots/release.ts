import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import { NONPRESENT, pagesPerLevel, ROOT_LEVEL, roundForLevel } from '../../shared-memory/page-tables/spte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { NO_ROOT } from '../nx/roots.ts'
import { ORACLE } from '../oracles.ts'
import { isStage2, type Vm } from '../vm.ts'
import { zapSlotLeafs } from '../zap.ts'
import { NO_MEMSLOT } from './memslot.ts'

// The process that has the VM exits: its memory is freed when the notifier has been released.

/** `kvm_mmu_notifier_release()`, virt/kvm/kvm_main.c: no vCPU runs any more. */
export function* mmuNotifierRelease(cpu: Cpu, vm: Vm): Steps<void> {
  const idx = yield* vm.srcu.readLock(cpu)
  yield* vm.kvm.flushShadowAll(cpu, vm)
  yield* vm.srcu.readUnlock(cpu, idx)
  cpu.count(COUNTER.vm_teardowns, 1)
  assertNothingMapped(cpu, vm)
}

/**
 * `kvm_arch_flush_shadow_all()`, which is `kvm_mmu_zap_all()`, arch/x86/kvm/mmu/mmu.c: everything goes, with mmu_lock held for write, which is dropped on the way
 * for a task that waits. Nothing of the TDP MMU is flushed, since v5.18 (77c8cd6b85af): no vCPU will enter the guest again.
 */
export function* flushShadowAll(cpu: Cpu, vm: Vm): Steps<void> {
  yield* vm.mmuLock.writeLock(cpu)
  yield* zapAllButRoots(cpu, vm)
  if (vm.nx !== undefined) yield* zapAllRoots(cpu, vm)
  yield* vm.mmuLock.writeUnlock(cpu)
}

/** `kvm_tdp_mmu_zap_all()`. */
function* zapAllRoots(cpu: Cpu, vm: Vm): Steps<void> {
  let root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, NO_ROOT, false)
  while (root !== NO_ROOT) {
    const table = yield* vm.pages.roots.tableOf(cpu, root)
    yield* vm.kvm.tdpMmuZapRoot(cpu, vm, table, false)
    root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, root, false)
  }
}

/** `kvm_tdp_mmu_zap_all()`, arch/x86/kvm/mmu/tdp_mmu.c, to v5.17, with mmu_lock held for write. `cause`: of its flush. */
export function* zapAllOfTdpMmu(cpu: Cpu, vm: Vm, cause: number): Steps<void> {
  // Every entry of a root lies in the range as a whole.
  const end = roundForLevel((vm.endGfn - 1) as Gfn, ROOT_LEVEL) + pagesPerLevel(ROOT_LEVEL)
  const flush = yield* vm.kvm.tdpMmuZapRange(cpu, vm, 0 as Gfn, end as Gfn, true, false)
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, cause)
}

/** The part outside the TDP MMU: `kvm_mmu_commit_zap_page()` flushes. The same for a VM whose page tables stay. */
export function* zapAllButRoots(cpu: Cpu, vm: Vm): Steps<void> {
  if (vm.nx !== undefined && !vm.hasRmaps) return
  let flush = false
  let slot = yield* vm.memslots.nextOf(cpu, NO_MEMSLOT)
  while (slot !== NO_MEMSLOT) {
    flush = yield* zapSlotLeafs(cpu, vm, slot, flush)
    slot = yield* vm.memslots.nextOf(cpu, slot)
  }
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_teardown)
}

/** From here on the host frees the pages. */
function assertNothingMapped(cpu: Cpu, vm: Vm): void {
  if (!vm.config.oracles) return
  for (const { baseGfn, pages } of vm.config.memslots) {
    for (let gfn = baseGfn; gfn < baseGfn + pages; gfn += 1) {
      const leaf = isStage2(vm) ? vm.stage2.tables.peekLeaf(cpu, gfn as Gfn) : vm.pages.peekLeaf(cpu, gfn as Gfn)
      if (leaf === NONPRESENT) continue
      cpu.violation(ORACLE.mapped_after_release, gfn)
      return
    }
  }
}
