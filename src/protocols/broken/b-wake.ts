import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { assertWillBeWoken } from '../memslots/oracles.ts'
import { COUNT_ELIDE } from '../memslots/pairs.ts'
import { publishSlots, waitBegins, waitEnds } from '../memslots/publish.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'
import type { Vm } from '../vm.ts'

/**
 * The updater marks itself asleep after it has dropped the spinlock, not before.
 *
 *   memslot updater                        notifier
 *   ---------------                        --------
 *   M6 count = 1; drops the lock
 *                                          E6 count = 0
 *                                          E7 nobody sleeps: wakes nobody
 *   marks itself asleep, sleeps for ever
 */
export const B_WAKE: Rules = { ...PRECHECK, memslots: { ...COUNT_ELIDE, publish: publishSleepingLate } }

function* publishSleepingLate(cpu: Cpu, vm: Vm): Steps<void> {
  yield* vm.mnInvalidateLock.acquire(cpu)
  yield* vm.mnMemslotsUpdateRcuwait.prepare(cpu)
  let active = yield* cpu.read(vm.mnActiveInvalidateCount)
  while (active !== 0) {
    cpu.count(COUNTER.memslot_wait_loops, 1)
    yield* vm.mnInvalidateLock.release(cpu)
    waitBegins(cpu, vm)
    yield* vm.mnMemslotsUpdateRcuwait.setUninterruptible(cpu)
    assertWillBeWoken(cpu, vm)
    yield* vm.mnMemslotsUpdateRcuwait.schedule(cpu)
    waitEnds(cpu, vm)
    yield* vm.mnInvalidateLock.acquire(cpu)
    active = yield* cpu.read(vm.mnActiveInvalidateCount)
  }
  yield* vm.mnMemslotsUpdateRcuwait.finish(cpu)
  yield* publishSlots(cpu, vm)
  yield* vm.mnInvalidateLock.release(cpu)
}
