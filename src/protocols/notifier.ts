import type { Gfn, Hva } from '../shared-memory/addresses.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { COUNTER } from './counters.ts'
import { NO_MEMSLOT } from './memslots/memslots.ts'
import { assertSlotsKept } from './memslots/oracles.ts'
import { enterMemslots, leaveMemslots } from './memslots/read-memslots.ts'
import { assertFlushed, clearInvalidating, markInvalidating } from './oracles.ts'
import { flushRemoteTlbs } from './remote-flush.ts'
import { SITE } from './sites.ts'
import type { Vm } from './vm.ts'
import { unmapGfnRange } from './zap.ts'

/**
 * S: `kvm_mmu_notifier_invalidate_range_start()` of the hvas [start, end), by the task that is about to change the primary MMU.
 * When it returns, no vCPU uses a page of the range and none can get one until the end. mmu_lock is taken only if a memslot
 * maps a part of the range. `isBlockable`: whether the task may sleep meanwhile, as all but the OOM reaper may.
 */
export function* invalidateRangeStart(cpu: Cpu, vm: Vm, start: Hva, end: Hva, isBlockable = true): Steps<void> {
  cpu.count(COUNTER.invalidate_start, 1)
  vm.lockdep?.at(cpu, SITE.kvm_mmu_notifier_invalidate_range_start)
  let slot = yield* vm.rules.memslots.beginPair(cpu, vm, start, end, isBlockable)
  const locked = slot !== NO_MEMSLOT || vm.rules.memslots.mustLock(isBlockable)
  if (locked) {
    cpu.count(COUNTER.invalidate_mmu_lock, 1)
    yield* vm.mmuLock.writeLock(cpu)
    yield* vm.rules.invalidateBegin(cpu, vm)
    if (vm.updates !== undefined) yield* vm.rules.memslots.rangeLocked(cpu, vm, start, end)
  }
  let flush = false
  while (slot !== NO_MEMSLOT) {
    const first = yield* vm.memslots.firstGfn(cpu, slot, start)
    const last = yield* vm.memslots.endGfn(cpu, slot, end)
    markInvalidating(cpu, vm, first, last)
    yield* vm.rules.invalidateRangeAdd(cpu, vm, first, last)
    flush = yield* unmapGfnRange(cpu, vm, slot, first, last, flush)
    slot = yield* vm.memslots.nextOverlapping(cpu, slot, start, end)
  }
  // S8, with mmu_lock held: nobody may enter the guest with an old translation once it is free.
  if (flush) yield* flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_range_end_of_zap)
  if (locked) {
    assertFlushed(cpu, vm, -1 as Gfn)
    yield* vm.mmuLock.writeUnlock(cpu)
  } else {
    cpu.count(COUNTER.invalidate_elided, 1)
  }
  yield* leaveMemslots(cpu, vm)
}

/** E: `kvm_mmu_notifier_invalidate_range_end()`, of the same range, when the primary MMU has changed. */
export function* invalidateRangeEnd(cpu: Cpu, vm: Vm, start: Hva, end: Hva, isBlockable = true): Steps<void> {
  cpu.count(COUNTER.invalidate_end, 1)
  vm.lockdep?.at(cpu, SITE.kvm_mmu_notifier_invalidate_range_end)
  yield* vm.rules.memslots.endPair(cpu, vm, start, end, isBlockable)
}

/** E1 to E5. The memslots are those of the start, so both take mmu_lock or neither does. */
export function* endInvalidation(cpu: Cpu, vm: Vm, start: Hva, end: Hva, isBlockable: boolean): Steps<void> {
  yield* enterMemslots(cpu, vm)
  assertSlotsKept(cpu, vm)
  const slot = yield* vm.memslots.nextOverlapping(cpu, NO_MEMSLOT, start, end)
  if (slot !== NO_MEMSLOT || vm.rules.memslots.mustLock(isBlockable)) {
    cpu.count(COUNTER.invalidate_mmu_lock, 1)
    yield* vm.mmuLock.writeLock(cpu)
    clearInvalidating(cpu, vm)
    yield* vm.rules.invalidateEnd(cpu, vm)
    yield* vm.mmuLock.writeUnlock(cpu)
  }
  yield* leaveMemslots(cpu, vm)
}
