import { type Cpu, WRITE } from '../../shared-memory/cpu.ts'
import { EXCLUSIVE } from '../../shared-memory/lockdep/graph.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER, HISTOGRAM } from '../counters.ts'
import { SITE } from '../sites.ts'
import type { Vm } from '../vm.ts'
import { assertGeneration, markPublication, noteSleep } from './oracles.ts'

/**
 * M4 to M10: `kvm_swap_active_memslots()`, virt/kvm/kvm_main.c, since v5.15 (52ac8b358b0c). Publishes the next set when no notifier
 * is between start and end. Unfair: a start that comes meanwhile is counted before us. slots_arch_lock is held on the way in only.
 */
export function* swapActiveMemslots(cpu: Cpu, vm: Vm): Steps<void> {
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

  // vCPUs take slots_arch_lock inside SRCU, so it is dropped before they are waited for.
  yield* vm.updates!.slotsArchLock.release(cpu)
  yield* vm.updates!.srcu.synchronize(cpu)
  yield* vm.memslots.finishUpdate(cpu)
  assertGeneration(cpu, vm, false)
}

/** M7: `rcu_assign_pointer(kvm->memslots)`. */
export function* publishSlots(cpu: Cpu, vm: Vm): Steps<void> {
  markPublication(cpu, vm)
  yield* vm.memslots.publish(cpu)
  assertGeneration(cpu, vm, true)
  vm.lockdep?.release(cpu, vm.updates!.pairs)
}

/** E7: `rcuwait_wake_up()`, when the count has become 0. */
export function* wakeUpdater(cpu: Cpu, vm: Vm): Steps<void> {
  const woken = yield* vm.mnMemslotsUpdateRcuwait.wakeUp(cpu)
  if (woken) cpu.count(COUNTER.memslot_wakeups, 1)
}

// For lockdep, as an update waits for all pairs, and for the statistics of contention.

export function swapBegins(cpu: Cpu, vm: Vm): void {
  vm.lockdep?.at(cpu, SITE.kvm_swap_active_memslots)
  vm.lockdep?.acquire(cpu, vm.updates!.pairs, EXCLUSIVE)
}

/** The wait of an update for pairs counts as contention on the count; without pairs it is a wait of 0. Returns whether it waits. */
export function waitBegins(cpu: Cpu, vm: Vm, active: number): boolean {
  if (active !== 0) cpu.contentionBegin(vm.updates!.pairs, WRITE)
  else if (vm.config.lockStatistics) cpu.record(HISTOGRAM.memslot_update_wait_ns, 0)
  return active !== 0
}

/** No pair is left: from here to the publication they are the updater's. */
export function waitEnds(cpu: Cpu, vm: Vm, isWaiting: boolean): void {
  if (isWaiting) cpu.contentionEnd(vm.updates!.pairs, WRITE)
  vm.lockdep?.acquired(cpu, vm.updates!.pairs)
}
