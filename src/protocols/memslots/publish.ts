import { type Cpu, WRITE } from '../../shared-memory/cpu.ts'
import { EXCLUSIVE } from '../../shared-memory/lockdep/graph.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER, HISTOGRAM } from '../counters.ts'
import type { Vm } from '../vm.ts'
import { assertGeneration, assertWillBeWoken, markPublication } from './oracles.ts'

// How a memslot update publishes its set, and waits for those who still use the other.

/** M5 to M7: when no notifier is between start and end. Unfair: a start that comes meanwhile is counted before us. */
export function* publishWithoutPairs(cpu: Cpu, vm: Vm): Steps<void> {
  vm.lockdep?.acquire(cpu, vm.updates!.pairs, EXCLUSIVE)
  yield* vm.mnInvalidateLock.acquire(cpu)
  yield* vm.mnMemslotsUpdateRcuwait.prepare(cpu)
  yield* waitForPairs(cpu, vm)
  vm.lockdep?.acquired(cpu, vm.updates!.pairs)
  yield* vm.mnMemslotsUpdateRcuwait.finish(cpu)
  yield* publishSlots(cpu, vm)
  vm.lockdep?.release(cpu, vm.updates!.pairs)
  yield* vm.mnInvalidateLock.release(cpu)
}

/** M6. The state is set before the lock is dropped, so that the last end, which decrements under it, sees a sleeper. */
function* waitForPairs(cpu: Cpu, vm: Vm): Steps<void> {
  let active = yield* cpu.read(vm.mnActiveInvalidateCount)
  if (active === 0) return waitedForNobody(cpu, vm)
  waitBegins(cpu, vm)
  while (active !== 0) {
    cpu.count(COUNTER.memslot_wait_loops, 1)
    yield* vm.mnMemslotsUpdateRcuwait.setUninterruptible(cpu)
    yield* vm.mnInvalidateLock.release(cpu)
    assertWillBeWoken(cpu, vm)
    yield* vm.mnMemslotsUpdateRcuwait.schedule(cpu)
    yield* vm.mnInvalidateLock.acquire(cpu)
    active = yield* cpu.read(vm.mnActiveInvalidateCount)
  }
  waitEnds(cpu, vm)
}

/** M7. */
export function* publishSlots(cpu: Cpu, vm: Vm): Steps<void> {
  markPublication(cpu, vm)
  yield* vm.memslots.publish(cpu)
  assertGeneration(cpu, vm, true)
}

/** M8, M9: vCPUs take slots_arch_lock inside SRCU, so it is dropped before they are waited for. */
export function* releaseThenSynchronize(cpu: Cpu, vm: Vm): Steps<void> {
  yield* vm.updates!.slotsArchLock.release(cpu)
  yield* vm.updates!.srcu.synchronize(cpu)
}

/** What an update waits for pairs is the contention of their count; none is a wait of 0. */
export function waitedForNobody(cpu: Cpu, vm: Vm): void {
  if (vm.config.lockStatistics) cpu.record(HISTOGRAM.memslot_update_wait_ns, 0)
}

export const waitBegins = (cpu: Cpu, vm: Vm): void => cpu.contentionBegin(vm.updates!.pairs, WRITE)
export const waitEnds = (cpu: Cpu, vm: Vm): void => cpu.contentionEnd(vm.updates!.pairs, WRITE)
