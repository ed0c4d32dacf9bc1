import type { Gfn, Hva } from '../shared-memory/addresses.ts'
import { type Cpu, WMB } from '../shared-memory/cpu.ts'
import { RECURSIVE } from '../shared-memory/lockdep/graph.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { assertCounted } from './assertions.ts'
import { COUNTER } from './counters.ts'
import { NO_MEMSLOT } from './memslots/memslot.ts'
import { assertSlotsKept, holdPair, markSlots, releasePair } from './memslots/oracles.ts'
import { wakeUpdater } from './memslots/swap.ts'
import { invalidatePfnCaches } from './pfncache/refresh.ts'
import { INVALID_GPA, type Vm } from './vm.ts'

// virt/kvm/kvm_main.c: the callbacks of MMU notifiers, since v5.15. Numbers in comments are explained in STEPS.md.

/**
 * S: `kvm_mmu_notifier_invalidate_range_start()`, virt/kvm/kvm_main.c, since v5.15 (52ac8b358b0c, 071064f14d87).
 * The hvas [start, end) are about to change. When it returns no vCPU uses them, and none can map them until the end.
 */
export function* invalidateRangeStart(cpu: Cpu, vm: Vm, start: Hva, end: Hva, mayBlock: boolean): Steps<void> {
  yield* countPair(cpu, vm)
  // Before mmu_lock, and so before in_progress.
  yield* invalidatePfnCaches(cpu, vm, start, end)

  const idx = yield* vm.srcu.readLock(cpu)
  markSlots(cpu, vm)
  let locked = false
  let flush = false
  let slot = yield* vm.memslots.firstOverlapping(cpu, start, end)
  while (slot !== NO_MEMSLOT) {
    if (!locked) {
      locked = true
      yield* vm.mmuLock.writeLock(cpu)
      yield* vm.kvm.invalidateBegin(cpu, vm)
    }
    const first = yield* vm.memslots.firstGfn(cpu, slot, start)
    const last = yield* vm.memslots.endGfn(cpu, slot, end)
    yield* vm.kvm.invalidateRangeAdd(cpu, vm, first, last)
    const zapped = yield* vm.kvm.unmapGfnRange(cpu, vm, slot, first, last, mayBlock)
    flush = flush || zapped
    slot = yield* vm.memslots.nextOverlapping(cpu, slot, start, end)
  }
  // Before mmu_lock is free: from then on no vCPU may enter the guest with an old translation.
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_range_end_of_zap)
  if (locked) yield* vm.mmuLock.writeUnlock(cpu)
  yield* vm.srcu.readUnlock(cpu, idx)
  cpu.count(locked ? COUNTER.invalidate_mmu_lock : COUNTER.invalidate_elided, 1)
}

/**
 * E: `kvm_mmu_notifier_invalidate_range_end()`, virt/kvm/kvm_main.c, since v5.15. They have changed. The memslots are those of the
 * start, so both take mmu_lock or neither does.
 */
export function* invalidateRangeEnd(cpu: Cpu, vm: Vm, start: Hva, end: Hva, _mayBlock: boolean): Steps<void> {
  const idx = yield* vm.srcu.readLock(cpu)
  assertSlotsKept(cpu, vm)
  const slot = yield* vm.memslots.firstOverlapping(cpu, start, end)
  if (slot !== NO_MEMSLOT) {
    cpu.count(COUNTER.invalidate_mmu_lock, 1)
    yield* vm.mmuLock.writeLock(cpu)
    yield* vm.kvm.invalidateEnd(cpu, vm)
    yield* vm.mmuLock.writeUnlock(cpu)
  }
  yield* vm.srcu.readUnlock(cpu, idx)

  yield* uncountPair(cpu, vm)
}

/** S2: mn_active_invalidate_count is raised. The memslots stay as they are until uncountPair(). */
export function* countPair(cpu: Cpu, vm: Vm): Steps<void> {
  yield* vm.mnInvalidateLock.acquire(cpu)
  const active = yield* cpu.read(vm.mnActiveInvalidateCount)
  yield* cpu.write(vm.mnActiveInvalidateCount, active + 1)
  yield* vm.mnInvalidateLock.release(cpu)
  holdPair(cpu, vm, RECURSIVE, active + 1)
}

/** E6, E7: it is lowered, and an update that waits for it is woken. Pairs with countPair(). */
export function* uncountPair(cpu: Cpu, vm: Vm): Steps<void> {
  releasePair(cpu, vm)
  yield* vm.mnInvalidateLock.acquire(cpu)
  const active = yield* cpu.read(vm.mnActiveInvalidateCount)
  yield* cpu.write(vm.mnActiveInvalidateCount, active - 1)
  yield* vm.mnInvalidateLock.release(cpu)
  assertCounted(cpu, vm, active)
  // At most one updater waits: it holds slots_lock while it does.
  if (active === 1) yield* wakeUpdater(cpu, vm)
}

/** S5: `kvm_mmu_invalidate_begin()`, virt/kvm/kvm_main.c, since v6.8 (8569992d64b8), with mmu_lock held for write. */
export function* invalidateBegin(cpu: Cpu, vm: Vm): Steps<void> {
  const inProgress = yield* cpu.read(vm.invalidateInProgress)
  yield* cpu.store(vm.invalidateInProgress, inProgress + 1)
  if (inProgress === 0) {
    yield* cpu.write(vm.invalidateRangeStart, INVALID_GPA)
    yield* cpu.write(vm.invalidateRangeEnd, INVALID_GPA)
  }
  cpu.countHighest(COUNTER.in_progress_max, inProgress + 1)
}

/**
 * S6: `kvm_mmu_invalidate_range_add()`, virt/kvm/kvm_main.c, since v6.8. Invalidations that overlap in time share one range,
 * which only grows.
 */
export function* invalidateRangeAdd(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn): Steps<void> {
  const rangeStart = yield* cpu.read(vm.invalidateRangeStart)
  const rangeEnd = yield* cpu.read(vm.invalidateRangeEnd)
  const isUnset = rangeStart === rangeEnd
  const newStart = isUnset ? start : Math.min(rangeStart, start)
  const newEnd = isUnset ? end : Math.max(rangeEnd, end)
  yield* cpu.write(vm.invalidateRangeStart, newStart)
  yield* cpu.write(vm.invalidateRangeEnd, newEnd)
  cpu.countHighest(COUNTER.range_width_max, newEnd - newStart)
}

/** E2 to E4: `kvm_mmu_invalidate_end()`, virt/kvm/kvm_main.c, with mmu_lock held for write. */
export function* invalidateEnd(cpu: Cpu, vm: Vm): Steps<void> {
  const seq = yield* cpu.read(vm.invalidateSeq)
  // A fault that looked its page up before this retries. Pairs with the snapshot in mmuFaultinPfn().
  yield* cpu.store(vm.invalidateSeq, (seq + 1) | 0)
  // The sequence is seen before the count: a lockless reader that finds nothing in progress finds the new sequence too.
  yield* cpu.barrier(WMB)
  const inProgress = yield* cpu.read(vm.invalidateInProgress)
  yield* cpu.store(vm.invalidateInProgress, inProgress - 1)
  assertCounted(cpu, vm, inProgress)
}
