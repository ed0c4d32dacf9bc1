import type { Hva } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { NO_MEMSLOT } from '../memslots/memslot.ts'
import { assertSlotsKept } from '../memslots/oracles.ts'
import { uncountPair } from '../notifier.ts'
import type { Vm } from '../vm.ts'

/**
 * The pair is no longer counted before its end has raised the sequence. The users of a gfn_to_pfn_cache read the
 * count and then the sequence, and take a page that is gone; the memslots may also change too early.
 *
 *   notifier                               memslot updater
 *   --------                               ---------------
 *   S2, S4 looks the old slots up
 *   E6 count = 0
 *                                          M6, M7 publishes
 *   E1 looks the new slots up
 */
export const B_EARLYDEC = variant({
  name: 'B-EARLYDEC',
  subject: 'elision',
  on: V6_18,
  kind: 'broken',
  reference: 's3, E6 before E1',
  says: 'the pair is no longer counted before its end has looked the memslots up',
  caughtBy: ['stale_pfncache', 'slots_changed_inside_pair', 'count_negative', 'count_leak'],
  load: { 'spare-share': '100', 'update-pause-us': '0', 'pause-us': '0' },
  replaces: { invalidateRangeEnd: uncountBeforeLookup },
})

function* uncountBeforeLookup(cpu: Cpu, vm: Vm, start: Hva, end: Hva, _mayBlock: boolean): Steps<void> {
  yield* uncountPair(cpu, vm)

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
