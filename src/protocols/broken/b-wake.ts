import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { assertGeneration, noteSleep } from '../memslots/oracles.ts'
import { publishSlots, swapBegins, waitBegins, waitEnds } from '../memslots/swap.ts'
import type { Vm } from '../vm.ts'

/**
 * The updater marks itself asleep after it has dropped the spinlock, not before.
 *
 *   memslot updater                        notifier
 *   ---------------                        --------
 *   M6 count = 1; drops the lock
 *                                          E6 count = 0
 *                                          E7 no updater sleeps: wakes none
 *   marks itself asleep, sleeps forever
 */
export const B_WAKE = variant({
  name: 'B-WAKE',
  subject: 'elision',
  on: V6_18,
  kind: 'broken',
  reference: 's3, task state set after the unlock',
  says: 'the updater marks itself asleep after it has dropped the spinlock',
  caughtBy: ['lost_wakeup'],
  load: { 'update-pause-us': '0', 'dwell-us': '0', 'pause-us': '0' },
  replaces: { swapActiveMemslots: sleepTooLate },
})

function* sleepTooLate(cpu: Cpu, vm: Vm): Steps<void> {
  yield* vm.memslots.markUpdateInProgress(cpu)

  swapBegins(cpu, vm)
  yield* vm.mnInvalidateLock.acquire(cpu)
  yield* vm.mnMemslotsUpdateRcuwait.prepare(cpu)
  let active = yield* cpu.read(vm.mnActiveInvalidateCount)
  const isWaiting = waitBegins(cpu, vm, active)
  while (active !== 0) {
    yield* vm.mnInvalidateLock.release(cpu)
    yield* vm.mnMemslotsUpdateRcuwait.setUninterruptible(cpu)
    noteSleep(cpu, vm)
    yield* vm.mnMemslotsUpdateRcuwait.schedule(cpu)
    yield* vm.mnInvalidateLock.acquire(cpu)
    active = yield* cpu.read(vm.mnActiveInvalidateCount)
  }
  waitEnds(cpu, vm, isWaiting)
  yield* vm.mnMemslotsUpdateRcuwait.finish(cpu)
  yield* publishSlots(cpu, vm)
  yield* vm.mnInvalidateLock.release(cpu)

  // vCPUs take slots_arch_lock inside SRCU, so it is dropped before they are waited for.
  yield* vm.updates!.slotsArchLock.release(cpu)
  yield* vm.updates!.srcu.synchronize(cpu)
  yield* vm.memslots.finishUpdate(cpu)
  assertGeneration(cpu, vm, false)
}
