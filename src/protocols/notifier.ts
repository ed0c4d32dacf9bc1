import type { Gfn, Hva } from '../shared-memory/addresses.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { COUNTER } from './counters.ts'
import { NO_MEMSLOT } from './memslots.ts'
import { assertCounted, assertFlushed, clearInvalidating, markInvalidating } from './oracles.ts'
import { flushRemoteTlbs } from './remote-flush.ts'
import type { Vm } from './vm.ts'
import { unmapGfnRange } from './zap.ts'

/**
 * S: `kvm_mmu_notifier_invalidate_range_start()` of the hvas [start, end), by the task that is about to change the primary MMU.
 * When it returns, no vCPU uses a page of the range and none can get one until the end. mmu_lock is taken only if a memslot
 * maps a part of the range.
 */
export function* invalidateRangeStart(cpu: Cpu, vm: Vm, start: Hva, end: Hva): Steps<void> {
  cpu.count(COUNTER.invalidate_start, 1)
  // S2: the memslots stay as they are until the end. Pairs with the decrement in invalidateRangeEnd().
  yield* vm.mnInvalidateLock.acquire(cpu)
  const active = yield* cpu.read(vm.mnActiveInvalidateCount)
  yield* cpu.write(vm.mnActiveInvalidateCount, active + 1)
  yield* vm.mnInvalidateLock.release(cpu)
  cpu.countHighest(COUNTER.mn_active_max, active + 1)

  let flush = false
  let locked = false
  let slot = yield* vm.memslots.nextOverlapping(cpu, NO_MEMSLOT, start, end)
  while (slot !== NO_MEMSLOT) {
    const first = yield* vm.memslots.firstGfn(cpu, slot, start)
    const last = yield* vm.memslots.endGfn(cpu, slot, end)
    if (!locked) {
      locked = true
      yield* vm.mmuLock.writeLock(cpu)
      yield* vm.rules.invalidateBegin(cpu, vm)
    }
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
}

/** E: `kvm_mmu_notifier_invalidate_range_end()`, of the same range, when the primary MMU has changed. */
export function* invalidateRangeEnd(cpu: Cpu, vm: Vm, start: Hva, end: Hva): Steps<void> {
  cpu.count(COUNTER.invalidate_end, 1)
  // E1: the memslots are those of the start, so both take mmu_lock or neither does.
  const slot = yield* vm.memslots.nextOverlapping(cpu, NO_MEMSLOT, start, end)
  if (slot !== NO_MEMSLOT) {
    yield* vm.mmuLock.writeLock(cpu)
    clearInvalidating(cpu, vm)
    yield* vm.rules.invalidateEnd(cpu, vm)
    yield* vm.mmuLock.writeUnlock(cpu)
  }

  // E6. Pairs with the increment in invalidateRangeStart().
  yield* vm.mnInvalidateLock.acquire(cpu)
  const active = yield* cpu.read(vm.mnActiveInvalidateCount)
  yield* cpu.write(vm.mnActiveInvalidateCount, active - 1)
  yield* vm.mnInvalidateLock.release(cpu)
  assertCounted(cpu, vm, active)
  // There can only be one waiter: it waits with slots_lock held.
  if (active === 1) {
    const woken = yield* vm.mnMemslotsUpdateRcuwait.wakeUp(cpu)
    if (woken) cpu.count(COUNTER.memslot_wakeups, 1)
  }
}
