import type { Gfn, Hva } from '../../shared-memory/addresses.ts'
import { type Cpu, READ } from '../../shared-memory/cpu.ts'
import { SHARED } from '../../shared-memory/lockdep/graph.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { isStaleByHva, precheckByHva, rangeAddHva } from '../hva-ranges.ts'
import { invalidateRangeAdd } from '../invalidate.ts'
import { endInvalidation } from '../notifier.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'
import type { Vm } from '../vm.ts'
import type { Memslot } from './memslots.ts'
import { addPair, COUNT_ELIDE, firstSlot, notePair, notePairCounted } from './pairs.ts'
import { publishSlots, publishWithoutPairs, waitedForNobody } from './publish.ts'
import type { MemslotRules } from './rules.ts'

// System 3: the pair of an MMU notifier against a memslot update. The variants that keep what they promise.

const always = () => true

/** s3.count: commit 52ac8b358b0c alone. The memslots are held, and mmu_lock is still taken for every range. */
export const COUNT: Rules = { ...PRECHECK, memslots: { ...COUNT_ELIDE, mustLock: always } }

/**
 * s3.5_12: nothing holds the memslots, so start and end take mmu_lock whatever they show. What makes that safe is that ranges
 * are hvas: a fault on a slot that was added since the start is held off too. Ranges that overlap in time are one range, from
 * the least to the greatest, even if only one of them has to do with the guest.
 */
export const ALWAYS_LOCK: Rules = {
  ...PRECHECK,
  precheckBeforePfn: precheckByHva,
  precheckAfterPfn: precheckByHva,
  isPageFaultStale: isStaleByHva,
  invalidateRangeAdd: rangeAddHva,
  memslots: {
    ...COUNT_ELIDE,
    beginPair: firstSlot,
    mustLock: always,
    rangeLocked: addWholeRange,
    endPair: endInvalidation,
    keepsSlots: false,
    publish: publishAtOnce,
  },
}

function* addWholeRange(cpu: Cpu, vm: Vm, start: Hva, end: Hva): Steps<void> {
  yield* invalidateRangeAdd(cpu, vm, start as number as Gfn, end as number as Gfn)
}

export function* publishAtOnce(cpu: Cpu, vm: Vm): Steps<void> {
  waitedForNobody(cpu, vm)
  yield* publishSlots(cpu, vm)
}

/**
 * s3.rwsem, as posted in v1 and v2: pairs hold mmu_notifier_slots_lock for read from start to end. A start that must not
 * block takes mmu_lock instead. A fair rwsem blocks a start behind an update that waits for another one's end.
 */
const RWSEM_RULES: MemslotRules = {
  ...COUNT_ELIDE,
  beginPair: beginPairUnderRwsem,
  mustLock: (isBlockable) => !isBlockable,
  endPair: endPairUnderRwsem,
  forgetPairs: initRwsem,
  publish: publishUnderRwsem,
}
export const RWSEM: Rules = { ...PRECHECK, memslots: RWSEM_RULES }

function* beginPairUnderRwsem(cpu: Cpu, vm: Vm, start: Hva, end: Hva, isBlockable: boolean): Steps<Memslot> {
  if (isBlockable) yield* vm.updates!.mmuNotifierSlotsLock.readLock(cpu)
  return yield* firstSlot(cpu, vm, start, end)
}

function* endPairUnderRwsem(cpu: Cpu, vm: Vm, start: Hva, end: Hva, isBlockable: boolean): Steps<void> {
  yield* endInvalidation(cpu, vm, start, end, isBlockable)
  if (isBlockable) yield* vm.updates!.mmuNotifierSlotsLock.readUnlock(cpu)
}

/** s3.teardown: as if it had never been taken. Nobody waits for it: updaters are gone, and starts have ended. */
function* initRwsem(cpu: Cpu, vm: Vm): Steps<void> {
  yield* cpu.store(vm.updates!.mmuNotifierSlotsSem.count, 0)
}

function* publishUnderRwsem(cpu: Cpu, vm: Vm): Steps<void> {
  const { mmuNotifierSlotsLock } = vm.updates!
  yield* mmuNotifierSlotsLock.writeLock(cpu)
  yield* publishSlots(cpu, vm)
  yield* mmuNotifierSlotsLock.writeUnlock(cpu)
}

/** s3.fair_gate, an idea of this laboratory: once an update waits, new starts wait for it. What that is, is a fair rwsem. */
export const FAIR_GATE: Rules = {
  ...PRECHECK,
  memslots: { ...COUNT_ELIDE, beginPair: beginPairAtGate, publish: publishBehindGate },
}

function* beginPairAtGate(cpu: Cpu, vm: Vm, start: Hva, end: Hva): Steps<Memslot> {
  const { gate, pairs } = vm.updates!
  notePair(cpu, vm, SHARED)
  for (;;) {
    yield* vm.mnInvalidateLock.acquire(cpu)
    const isShut = yield* cpu.read(gate)
    if (isShut === 0) break
    yield* vm.mnInvalidateLock.release(cpu)
    cpu.contentionBegin(pairs, READ)
    yield* cpu.untilEqual(gate, 0)
    cpu.contentionEnd(pairs, READ)
  }
  yield* addPair(cpu, vm)
  yield* vm.mnInvalidateLock.release(cpu)
  notePairCounted(cpu, vm)
  return yield* firstSlot(cpu, vm, start, end)
}

/** The gate is shut before the pairs are waited for; it opens when the set is published. */
function* publishBehindGate(cpu: Cpu, vm: Vm): Steps<void> {
  const { gate } = vm.updates!
  yield* vm.mnInvalidateLock.acquire(cpu)
  yield* cpu.store(gate, 1)
  yield* vm.mnInvalidateLock.release(cpu)
  yield* publishWithoutPairs(cpu, vm)
  yield* cpu.store(gate, 0)
}
