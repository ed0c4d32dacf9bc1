import type { Gfn } from '../shared-memory/addresses.ts'
import { type Cpu, WMB } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { COUNTER } from './counters.ts'
import { assertCounted } from './oracles.ts'
import { INVALID_GPA, type Vm } from './vm.ts'

// virt/kvm/kvm_main.c: an invalidation begins, says of what, and ends. All with mmu_lock held for write.

/** S5: `kvm_mmu_invalidate_begin()`. */
export function* invalidateBegin(cpu: Cpu, vm: Vm): Steps<void> {
  const inProgress = yield* cpu.read(vm.invalidateInProgress)
  yield* cpu.store(vm.invalidateInProgress, inProgress + 1)
  if (inProgress === 0) {
    yield* cpu.write(vm.invalidateRangeStart, INVALID_GPA)
    yield* cpu.write(vm.invalidateRangeEnd, INVALID_GPA)
  }
  cpu.countHighest(COUNTER.in_progress_max, inProgress + 1)
}

/** S6: `kvm_mmu_invalidate_range_add()`. Invalidations that overlap in time share one range, which only grows. */
export function* invalidateRangeAdd(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn): Steps<void> {
  const rangeStart = yield* cpu.read(vm.invalidateRangeStart)
  const rangeEnd = yield* cpu.read(vm.invalidateRangeEnd)
  // Unset, or as empty as invalidateRangeAddNone() left it.
  const isUnset = rangeStart === rangeEnd
  const newStart = isUnset ? start : Math.min(rangeStart, start)
  const newEnd = isUnset ? end : Math.max(rangeEnd, end)
  yield* cpu.write(vm.invalidateRangeStart, newStart)
  yield* cpu.write(vm.invalidateRangeEnd, newEnd)
  cpu.countHighest(COUNTER.range_width_max, newEnd - newStart)
}

/** S6, of a range that no memslot maps: an invalidation is in progress, and its range is set to nothing. */
export function* invalidateRangeAddNone(cpu: Cpu, vm: Vm): Steps<void> {
  const rangeStart = yield* cpu.read(vm.invalidateRangeStart)
  if (rangeStart !== INVALID_GPA) return
  yield* cpu.write(vm.invalidateRangeStart, 0)
  yield* cpu.write(vm.invalidateRangeEnd, 0)
}

/** E2 to E4: `kvm_mmu_invalidate_end()`. */
export function* invalidateEnd(cpu: Cpu, vm: Vm): Steps<void> {
  const seq = yield* cpu.read(vm.invalidateSeq)
  // A fault that looked its page up before this retries. Pairs with the snapshot in mmuFaultinPfn().
  yield* cpu.store(vm.invalidateSeq, (seq + 1) | 0)
  // The sequence is seen before the count: whoever finds nothing in progress without mmu_lock finds the new sequence too.
  yield* cpu.barrier(WMB)
  const inProgress = yield* cpu.read(vm.invalidateInProgress)
  yield* cpu.store(vm.invalidateInProgress, inProgress - 1)
  assertCounted(cpu, vm, inProgress)
}
