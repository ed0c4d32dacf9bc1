import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import type { Memslot } from '../memslots/memslot.ts'
import { logMemslot } from '../memslots/update-memslot.ts'
import type { Vm } from '../vm.ts'
import { assertLogging, markAllCopied } from './oracles.ts'

// KVM_SET_USER_MEMORY_REGION with another KVM_MEM_LOG_DIRTY_PAGES: KVM_MR_FLAGS_ONLY.

/** After it has returned, the log shows for every page whether the guest has written to it since, or marks all pages from the start. */
export function* startDirtyLog(cpu: Cpu, vm: Vm): Steps<void> {
  yield* logMemslot(cpu, vm, vm.dirtyLog!.config.slot, true)
  assertLogging(cpu, vm, true)
  cpu.count(COUNTER.dirty_log_starts, 1)
  if (vm.dirtyLog!.config.isAllSet !== true) markAllCopied(cpu, vm)
}

export function* stopDirtyLog(cpu: Cpu, vm: Vm): Steps<void> {
  yield* logMemslot(cpu, vm, vm.dirtyLog!.config.slot, false)
  assertLogging(cpu, vm, false)
  cpu.count(COUNTER.dirty_log_stops, 1)
}

/**
 * `kvm_mmu_slot_apply_flags()`, arch/x86/kvm/x86.c, since v6.0 (b64d740ea7dd): when logging begins the TLBs are flushed whether or not an entry was
 * changed, as another task may have changed it and not have flushed yet. No fault is under way that has seen the slot's old flags.
 */
export function* mmuSlotApplyFlags(cpu: Cpu, vm: Vm, slot: Memslot, isLogging: boolean): Steps<void> {
  if (!isLogging) return yield* vm.kvm.mmuRecoverHugePages(cpu, vm, slot)
  // All pages count as dirty: they are protected as the VMM has them cleared.
  if (vm.dirtyLog!.config.isAllSet === true) return
  if (vm.dirtyLog!.config.isEager) yield* vm.kvm.mmuSlotTrySplitHugePages(cpu, vm, slot)
  yield* vm.kvm.mmuSlotRemoveWriteAccess(cpu, vm, slot)
  yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_log_start)
}
