import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { assertGeneration, noteSleep } from '../memslots/oracles.ts'
import { publishSlots, swapBegins, waitBegins, waitEnds } from '../memslots/swap.ts'
import type { Vm } from '../vm.ts'

/**
 * SRCU readers are waited for with slots_arch_lock held.
 *
 *   vCPU                                   memslot updater
 *   ----                                   ---------------
 *   SRCU section
 *                                          M2 slots_arch_lock, M7 publishes
 *   loads its first root, of shadow paging:
 *   waits for slots_arch_lock
 *                                          M9 waits for the section
 */
export const B_ARCHLOCK = variant({
  name: 'B-ARCHLOCK',
  subject: 'elision',
  on: V6_18,
  kind: 'broken',
  reference: 's3, M9 before M8',
  says: 'SRCU readers are waited for with slots_arch_lock held',
  caughtBy: ['deadlock', 'lock_cycle'],
  load: { mmu: 'shadow', 'update-pause-us': '20' },
  replaces: { swapActiveMemslots: synchronizeThenRelease },
})

function* synchronizeThenRelease(cpu: Cpu, vm: Vm): Steps<void> {
  yield* vm.memslots.markUpdateInProgress(cpu)

  swapBegins(cpu, vm)
  yield* vm.mnInvalidateLock.acquire(cpu)
  yield* vm.mnMemslotsUpdateRcuwait.prepare(cpu)
  let active = yield* cpu.read(vm.mnActiveInvalidateCount)
  const isWaiting = waitBegins(cpu, vm, active)
  while (active !== 0) {
    // Before the lock is dropped: the last end, which lowers the count under it, must see a sleeper.
    yield* vm.mnMemslotsUpdateRcuwait.setUninterruptible(cpu)
    yield* vm.mnInvalidateLock.release(cpu)
    noteSleep(cpu, vm)
    yield* vm.mnMemslotsUpdateRcuwait.schedule(cpu)
    yield* vm.mnInvalidateLock.acquire(cpu)
    active = yield* cpu.read(vm.mnActiveInvalidateCount)
  }
  waitEnds(cpu, vm, isWaiting)
  yield* vm.mnMemslotsUpdateRcuwait.finish(cpu)
  yield* publishSlots(cpu, vm)
  yield* vm.mnInvalidateLock.release(cpu)

  yield* vm.updates!.srcu.synchronize(cpu)
  yield* vm.updates!.slotsArchLock.release(cpu)
  yield* vm.memslots.finishUpdate(cpu)
  assertGeneration(cpu, vm, false)
}
