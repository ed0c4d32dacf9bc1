import type { Gfn } from '../shared-memory/addresses.ts'
import { type Cpu, RMB } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { warnRangeUnset } from './assertions.ts'
import { COUNTER } from './counters.ts'
import type { Fault } from './page-fault.ts'
import { INVALID_GPA, type Vm } from './vm.ts'

// include/linux/kvm_host.h: has an invalidation made the fault stale? All return "must retry".

/** `mmu_invalidate_retry_gfn()`, include/linux/kvm_host.h, since v6.8 (8569992d64b8): exact, with mmu_lock held on either side, which also orders the two reads. */
export function* invalidateRetryGfn(cpu: Cpu, vm: Vm, seq: number, gfn: Gfn): Steps<boolean> {
  const inProgress = yield* cpu.read(vm.invalidateInProgress)
  if (inProgress !== 0) {
    const start = yield* cpu.read(vm.invalidateRangeStart)
    const end = yield* cpu.read(vm.invalidateRangeEnd)
    // WARN_ON_ONCE: dropping mmu_lock with an invalidation in progress and no range set is a bug.
    if (start === INVALID_GPA || end === INVALID_GPA) {
      warnRangeUnset(cpu, gfn)
      return true
    }
    if (gfn >= start && gfn < end) return true
  }
  const seqNow = yield* cpu.read(vm.invalidateSeq)
  return seqNow !== seq
}

/**
 * `mmu_invalidate_retry_gfn_unsafe()`, include/linux/kvm_host.h, since v6.8 (d02c357e5bfa): without mmu_lock, so only a hint. The range is read plainly on purpose: a wrong answer
 * costs an acquisition of mmu_lock, or a retry, and never an install.
 */
export function* invalidateRetryGfnUnsafe(cpu: Cpu, vm: Vm, seq: number, gfn: Gfn): Steps<boolean> {
  // READ_ONCE, so that asking in a loop sees it become 0. Pairs with invalidateEnd().
  const inProgress = yield* cpu.load(vm.invalidateInProgress)
  if (inProgress !== 0) {
    const start = yield* cpu.read(vm.invalidateRangeStart)
    const end = yield* cpu.read(vm.invalidateRangeEnd)
    if (gfn >= start >>> 0 && gfn < end >>> 0) return true
  }
  // READ_ONCE, so that an invalidation which has ended meanwhile is likely to be seen. Pairs with invalidateEnd().
  const seqNow = yield* cpu.load(vm.invalidateSeq)
  return seqNow !== seq
}

/** `mmu_invalidate_retry()`, include/linux/kvm_host.h: imprecise, for any range; the check of arm64 under mmu_lock. */
export function* invalidateRetry(cpu: Cpu, vm: Vm, seq: number): Steps<boolean> {
  const inProgress = yield* cpu.load(vm.invalidateInProgress)
  if (inProgress !== 0) return true
  // The count is read before the sequence. Pairs with the barrier in invalidateEnd().
  yield* cpu.barrier(RMB)
  const seqNow = yield* cpu.load(vm.invalidateSeq)
  return seqNow !== seq
}

/** F11: `is_page_fault_stale()`, arch/x86/kvm/mmu/mmu.c, with mmu_lock held: the root is obsolete, or an invalidation has happened. */
export function* isPageFaultStale(cpu: Cpu, vm: Vm, fault: Fault): Steps<boolean> {
  const obsolete = yield* vm.pages.isRootObsolete(cpu)
  if (obsolete) {
    cpu.count(COUNTER.retry_obsolete_root, 1)
    return true
  }
  return yield* vm.kvm.invalidateRetryGfn(cpu, vm, fault.seq, fault.gfn)
}
