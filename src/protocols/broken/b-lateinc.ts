import type { Hva } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { NO_MEMSLOT } from '../memslots/memslot.ts'
import { markSlots } from '../memslots/oracles.ts'
import { countPair } from '../notifier.ts'
import { invalidatePfnCaches } from '../pfncache/refresh.ts'
import type { Vm } from '../vm.ts'

/**
 * The pair is counted after the memslots have been looked up.
 *
 *   notifier                               memslot updater
 *   --------                               ---------------
 *   S4 looks the old slots up
 *                                          M6 count = 0, M7 publishes
 *   S2 count = 1
 *   E1 looks the new slots up
 */
export const B_LATEINC = variant({
  name: 'B-LATEINC',
  subject: 'elision',
  on: V6_18,
  kind: 'broken',
  reference: 's3, S4 before S2',
  says: 'the pair is counted after the memslots have been looked up',
  caughtBy: ['slots_changed_inside_pair', 'count_negative', 'count_leak'],
  load: { 'spare-share': '100', 'update-pause-us': '0', 'pause-us': '0' },
  replaces: { invalidateRangeStart: countAfterLookup },
})

function* countAfterLookup(cpu: Cpu, vm: Vm, start: Hva, end: Hva, mayBlock: boolean): Steps<void> {
  // Before mmu_lock, and so before in_progress.
  yield* invalidatePfnCaches(cpu, vm, start, end)

  const idx = yield* vm.srcu.readLock(cpu)
  markSlots(cpu, vm)
  let locked = false
  let flush = false
  let slot = yield* vm.memslots.firstOverlapping(cpu, start, end)
  yield* countPair(cpu, vm)
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
