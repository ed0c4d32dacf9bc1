import type { Hva } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { variant } from '../kernel.ts'
import { V5_12, V6_18 } from '../kernels.ts'
import { NO_MEMSLOT } from '../memslots/memslot.ts'
import { assertSlotsKept, markSlots } from '../memslots/oracles.ts'
import type { Vm } from '../vm.ts'

/**
 * s3.elide_naive: mmu_lock is elided according to the memslots, which may change.
 *
 *   notifier                               memslot updater
 *   --------                               ---------------
 *   start: no slot overlaps, elided
 *                                          adds a slot that covers the range
 *   end: a slot overlaps
 *   E4 in_progress = -1
 *
 * The other way round it stays at 1 forever, and every fault in its range retries.
 */
export const B_UNBAL = variant({
  name: 'B-UNBAL',
  subject: 'elision',
  on: V6_18,
  kind: 'broken',
  reference: 's3.elide_naive',
  says: 'mmu_lock is elided, and nothing keeps the memslots unchanged',
  caughtBy: ['count_negative', 'count_leak', 'slots_changed_inside_pair'],
  load: { 'spare-share': '100', 'update-pause-us': '20' },
  replaces: {
    invalidateRangeStart: startUncounted,
    invalidateRangeEnd: endUncounted,
    swapActiveMemslots: V5_12.kvm.swapActiveMemslots,
  },
})

function* startUncounted(cpu: Cpu, vm: Vm, start: Hva, end: Hva, mayBlock: boolean): Steps<void> {
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

function* endUncounted(cpu: Cpu, vm: Vm, start: Hva, end: Hva, _mayBlock: boolean): Steps<void> {
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
}
