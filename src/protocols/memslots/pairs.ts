import type { Hva } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import { type LockMode, RECURSIVE } from '../../shared-memory/lockdep/graph.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { invalidateRangeAddNone } from '../invalidate.ts'
import { endInvalidation } from '../notifier.ts'
import { assertCounted } from '../oracles.ts'
import type { Vm } from '../vm.ts'
import { type Memslot, NO_MEMSLOT } from './memslots.ts'
import { markPair, markWaking } from './oracles.ts'
import { publishWithoutPairs, releaseThenSynchronize } from './publish.ts'
import { enterMemslots } from './read-memslots.ts'
import type { MemslotRules } from './rules.ts'

// What a pair of invalidate_range_start and _end does to keep the memslots as they are.

/** S2: the memslots stay as they are until the end. Pairs with the decrement in uncountPair(). */
export function* countPair(cpu: Cpu, vm: Vm): Steps<void> {
  yield* vm.mnInvalidateLock.acquire(cpu)
  yield* addPair(cpu, vm)
  yield* vm.mnInvalidateLock.release(cpu)
}

/** Under mnInvalidateLock. */
export function* addPair(cpu: Cpu, vm: Vm): Steps<void> {
  const active = yield* cpu.read(vm.mnActiveInvalidateCount)
  yield* cpu.write(vm.mnActiveInvalidateCount, active + 1)
  cpu.countHighest(COUNTER.mn_active_max, active + 1)
}

/** E6. Pairs with the increment in countPair(). */
export function* uncountPair(cpu: Cpu, vm: Vm): Steps<void> {
  yield* vm.mnInvalidateLock.acquire(cpu)
  const active = yield* cpu.read(vm.mnActiveInvalidateCount)
  if (active === 1) markWaking(cpu, vm, true)
  yield* cpu.write(vm.mnActiveInvalidateCount, active - 1)
  yield* vm.mnInvalidateLock.release(cpu)
  assertCounted(cpu, vm, active)
  // E7. There can only be one waiter: it waits with slots_lock held.
  if (active === 1) {
    const woken = yield* vm.mnMemslotsUpdateRcuwait.wakeUp(cpu)
    markWaking(cpu, vm, false)
    if (woken) cpu.count(COUNTER.memslot_wakeups, 1)
  }
}

/** S4: under SRCU, the first slot that overlaps. The section ends with the start: see leaveMemslots(). */
export function* firstSlot(cpu: Cpu, vm: Vm, start: Hva, end: Hva): Steps<Memslot> {
  yield* enterMemslots(cpu, vm)
  markPair(cpu, vm)
  return yield* vm.memslots.nextOverlapping(cpu, NO_MEMSLOT, start, end)
}

/** Tells lockdep, which knows locks only, that this CPU is in a pair: as a recursive reader, whom a waiting update lets pass. */
export function notePair(cpu: Cpu, vm: Vm, mode: LockMode): void {
  if (vm.updates !== undefined) vm.lockdep?.acquire(cpu, vm.updates.pairs, mode)
}

export function notePairCounted(cpu: Cpu, vm: Vm): void {
  if (vm.updates !== undefined) vm.lockdep?.acquired(cpu, vm.updates.pairs)
}

export function notePairOver(cpu: Cpu, vm: Vm): void {
  if (vm.updates !== undefined) vm.lockdep?.release(cpu, vm.updates.pairs)
}

function* beginCountedPair(cpu: Cpu, vm: Vm, start: Hva, end: Hva): Steps<Memslot> {
  notePair(cpu, vm, RECURSIVE)
  yield* countPair(cpu, vm)
  notePairCounted(cpu, vm)
  return yield* firstSlot(cpu, vm, start, end)
}

function* endCountedPair(cpu: Cpu, vm: Vm, start: Hva, end: Hva, isBlockable: boolean): Steps<void> {
  yield* endInvalidation(cpu, vm, start, end, isBlockable)
  notePairOver(cpu, vm)
  yield* uncountPair(cpu, vm)
}

/** s3.teardown: nobody counts any more, and nobody waits. */
function* resetCount(cpu: Cpu, vm: Vm): Steps<void> {
  yield* cpu.store(vm.mnActiveInvalidateCount, 0)
}

/** s3.count_elide: upstream since 5.15, commits 52ac8b358b0c and 071064f14d87. */
export const COUNT_ELIDE: MemslotRules = {
  beginPair: beginCountedPair,
  mustLock: () => false,
  rangeLocked: invalidateRangeAddNone,
  endPair: endCountedPair,
  keepsSlots: true,
  forgetPairs: resetCount,
  publish: publishWithoutPairs,
  synchronize: releaseThenSynchronize,
}
