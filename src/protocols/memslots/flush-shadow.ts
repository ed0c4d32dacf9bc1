import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { invalidateRoots, zapInvalidatedRoots } from '../nx/obsolete-roots.ts'
import { makeAllCpusRequest } from '../remote-flush.ts'
import { KVM_REQ_MMU_FREE_OBSOLETE_ROOTS } from '../requests.ts'
import { SITE } from '../sites.ts'
import type { Vm } from '../vm.ts'
import { zapSlotLeafs } from '../zap.ts'
import { type Memslot, NO_MEMSLOT } from './memslot.ts'

/**
 * M11: `kvm_arch_flush_shadow_memslot()`, arch/x86/kvm/mmu/mmu.c, since v5.13: on x86 everything goes, unless the VMM has disabled
 * KVM_X86_QUIRK_SLOT_ZAP_ALL (v6.13), and then the slot does.
 */
export function* flushShadowMemslot(cpu: Cpu, vm: Vm, slot: Memslot): Steps<void> {
  vm.lockdep?.at(cpu, SITE.kvm_arch_flush_shadow_memslot)
  if (vm.updates!.config.zap === 'slot') yield* zapMemslot(cpu, vm, slot)
  else if (vm.nx === undefined) yield* zapEveryMemslot(cpu, vm)
  else yield* zapAllFast(cpu, vm)
}

/**
 * `kvm_mmu_zap_all_fast()`, arch/x86/kvm/mmu/mmu.c: mmu_lock is held for write only briefly, to invalidate every root and to request
 * that every vCPU leave its root. The roots are torn down under mmu_lock for read, without a flush. vCPUs fault everything in again.
 */
function* zapAllFast(cpu: Cpu, vm: Vm): Steps<void> {
  yield* vm.mmuLock.writeLock(cpu)
  yield* invalidateRoots(cpu, vm)
  yield* makeAllCpusRequest(cpu, vm, KVM_REQ_MMU_FREE_OBSOLETE_ROOTS, COUNTER.tlb_flush_ipis)
  yield* vm.mmuLock.writeUnlock(cpu)
  yield* vm.mmuLock.readLock(cpu)
  yield* zapInvalidatedRoots(cpu, vm)
  yield* vm.mmuLock.readUnlock(cpu)
}

/** `kvm_mmu_zap_memslot_leafs()`, since v6.13: with a flush. */
export function* zapMemslot(cpu: Cpu, vm: Vm, slot: Memslot): Steps<void> {
  yield* vm.mmuLock.writeLock(cpu)
  const flush = yield* zapSlotLeafs(cpu, vm, slot, false)
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_memslot)
  yield* vm.mmuLock.writeUnlock(cpu)
}

/** With shadow paging, whose pages are zapped one by one: the effect of `kvm_zap_obsolete_pages()`. */
export function* zapEveryMemslot(cpu: Cpu, vm: Vm): Steps<void> {
  let flush = false
  yield* vm.mmuLock.writeLock(cpu)
  let next = yield* vm.memslots.nextOf(cpu, NO_MEMSLOT)
  while (next !== NO_MEMSLOT) {
    flush = yield* zapSlotLeafs(cpu, vm, next, flush)
    next = yield* vm.memslots.nextOf(cpu, next)
  }
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_memslot)
  yield* vm.mmuLock.writeUnlock(cpu)
}
