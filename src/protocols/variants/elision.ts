import type { Hva } from '../../shared-memory/addresses.ts'
import { type Cpu, READ } from '../../shared-memory/cpu.ts'
import { SHARED } from '../../shared-memory/lockdep/graph.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { variant } from '../kernel.ts'
import { V5_12, V6_18 } from '../kernels.ts'
import { NO_MEMSLOT } from '../memslots/memslot.ts'
import { assertGeneration, assertNoPairsLeft, assertSlotsKept, markSlots } from '../memslots/oracles.ts'
import { publishSlots } from '../memslots/swap.ts'
import { deleteMemslot } from '../memslots/update-memslot.ts'
import { countPair, uncountPair } from '../notifier.ts'
import { invalidatePfnCaches } from '../pfncache/refresh.ts'
import { SITE } from '../sites.ts'
import { INVALID_GPA, type Vm } from '../vm.ts'

// System 3: the pair of an MMU notifier against a memslot update.

export const ALWAYS_LOCK = variant({
  name: 'always-lock',
  subject: 'elision',
  on: V5_12,
  kind: 'good',
  reference: 's3.5_12, v5.12',
  says: 'start and end take mmu_lock for every range; memslots may change between them',
  replaces: {},
})

export const COUNT = variant({
  name: 'count',
  subject: 'elision',
  on: V6_18,
  kind: 'good',
  reference: 's3.count, 52ac8b358b0c',
  says: 'a count keeps the memslots unchanged from start to end; mmu_lock is still taken for every range',
  replaces: {
    invalidateRangeStart: countAndLock,
    invalidateRangeEnd: lockAndUncount,
  },
})

function* countAndLock(cpu: Cpu, vm: Vm, start: Hva, end: Hva, mayBlock: boolean): Steps<void> {
  yield* countPair(cpu, vm)
  yield* invalidatePfnCaches(cpu, vm, start, end)

  const idx = yield* vm.srcu.readLock(cpu)
  markSlots(cpu, vm)
  let slot = yield* vm.memslots.firstOverlapping(cpu, start, end)
  let flush = false
  yield* vm.mmuLock.writeLock(cpu)
  yield* vm.kvm.invalidateBegin(cpu, vm)
  yield* rangeAddNone(cpu, vm)
  while (slot !== NO_MEMSLOT) {
    const first = yield* vm.memslots.firstGfn(cpu, slot, start)
    const last = yield* vm.memslots.endGfn(cpu, slot, end)
    yield* vm.kvm.invalidateRangeAdd(cpu, vm, first, last)
    const zapped = yield* vm.kvm.unmapGfnRange(cpu, vm, slot, first, last, mayBlock)
    flush = flush || zapped
    slot = yield* vm.memslots.nextOverlapping(cpu, slot, start, end)
  }
  // Before mmu_lock is free: from then on no vCPU may enter the guest with an old translation.
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_range_end_of_zap)
  yield* vm.mmuLock.writeUnlock(cpu)
  yield* vm.srcu.readUnlock(cpu, idx)
  cpu.count(COUNTER.invalidate_mmu_lock, 1)
}

function* lockAndUncount(cpu: Cpu, vm: Vm, start: Hva, end: Hva, _mayBlock: boolean): Steps<void> {
  const idx = yield* vm.srcu.readLock(cpu)
  assertSlotsKept(cpu, vm)
  yield* vm.memslots.firstOverlapping(cpu, start, end)
  cpu.count(COUNTER.invalidate_mmu_lock, 1)
  yield* vm.mmuLock.writeLock(cpu)
  yield* vm.kvm.invalidateEnd(cpu, vm)
  yield* vm.mmuLock.writeUnlock(cpu)
  yield* vm.srcu.readUnlock(cpu, idx)

  yield* uncountPair(cpu, vm)
}

export const COUNT_ELIDE = variant({
  name: 'count-elide',
  subject: 'elision',
  on: V6_18,
  kind: 'good',
  reference: 's3.count_elide, v5.15, 071064f14d87',
  says: 'and mmu_lock is left alone for ranges outside of all memslots',
  replaces: {},
})

/**
 * As posted in v1 and v2: pairs hold mmu_notifier_slots_lock for read from start to end. A fair rwsem blocks a start behind an
 * update that waits for another one's end.
 */
export const RWSEM = variant({
  name: 'rwsem',
  subject: 'elision',
  on: V6_18,
  kind: 'broken',
  reference: 's3.rwsem, v1 and v2 of the series',
  says: 'pairs hold a fair rwsem from start to end; the pseudo lock excludes here, as a lock of the mm would',
  caughtBy: ['deadlock', 'lock_cycle'],
  load: { pseudo: 'mutex', notifiers: '2', 'dwell-us': '50' },
  replaces: {
    invalidateRangeStart: startUnderRwsem,
    invalidateRangeEnd: endUnderRwsem,
    swapActiveMemslots: swapUnderRwsem,
    destroyVm: destroyVmAndInitRwsem,
  },
})

function* startUnderRwsem(cpu: Cpu, vm: Vm, start: Hva, end: Hva, mayBlock: boolean): Steps<void> {
  const { mmuNotifierSlotsLock } = vm.updates!
  if (mayBlock) yield* mmuNotifierSlotsLock.readLock(cpu)
  const idx = yield* vm.srcu.readLock(cpu)
  markSlots(cpu, vm)
  // An invalidation that must not block cannot take the rwsem, so it takes mmu_lock in every case.
  let locked = !mayBlock
  if (locked) {
    yield* vm.mmuLock.writeLock(cpu)
    yield* vm.kvm.invalidateBegin(cpu, vm)
    yield* rangeAddNone(cpu, vm)
  }
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

function* endUnderRwsem(cpu: Cpu, vm: Vm, start: Hva, end: Hva, mayBlock: boolean): Steps<void> {
  const idx = yield* vm.srcu.readLock(cpu)
  assertSlotsKept(cpu, vm)
  const slot = yield* vm.memslots.firstOverlapping(cpu, start, end)
  if (slot !== NO_MEMSLOT || !mayBlock) {
    cpu.count(COUNTER.invalidate_mmu_lock, 1)
    yield* vm.mmuLock.writeLock(cpu)
    yield* vm.kvm.invalidateEnd(cpu, vm)
    yield* vm.mmuLock.writeUnlock(cpu)
  }
  yield* vm.srcu.readUnlock(cpu, idx)
  if (mayBlock) yield* vm.updates!.mmuNotifierSlotsLock.readUnlock(cpu)
}

/** An invalidation is in progress, and its range is set to nothing. */
function* rangeAddNone(cpu: Cpu, vm: Vm): Steps<void> {
  const rangeStart = yield* cpu.read(vm.invalidateRangeStart)
  if (rangeStart !== INVALID_GPA) return
  yield* cpu.write(vm.invalidateRangeStart, 0)
  yield* cpu.write(vm.invalidateRangeEnd, 0)
}

function* swapUnderRwsem(cpu: Cpu, vm: Vm): Steps<void> {
  const { mmuNotifierSlotsLock, slotsArchLock, srcu } = vm.updates!
  vm.lockdep?.at(cpu, SITE.kvm_swap_active_memslots)
  yield* vm.memslots.markUpdateInProgress(cpu)
  yield* mmuNotifierSlotsLock.writeLock(cpu)
  yield* publishSlots(cpu, vm)
  yield* mmuNotifierSlotsLock.writeUnlock(cpu)
  yield* slotsArchLock.release(cpu)
  yield* srcu.synchronize(cpu)
  yield* vm.memslots.finishUpdate(cpu)
  assertGeneration(cpu, vm, false)
}

/** The rwsem is as if it had never been taken. No task waits for it: updaters are gone, and starts have ended. */
function* destroyVmAndInitRwsem(cpu: Cpu, vm: Vm, privateSlot: number): Steps<void> {
  const { lifetime, mmuNotifierSlotsSem } = vm.updates!
  yield* cpu.store(lifetime!.registered, 0)
  yield* lifetime!.srcu.synchronize(cpu)
  yield* cpu.store(mmuNotifierSlotsSem.count, 0)
  assertNoPairsLeft(cpu, vm)
  yield* deleteMemslot(cpu, vm, privateSlot)
}

/** Once an update waits, new starts wait for it. What that is, is a fair rwsem. */
export const FAIR_GATE = variant({
  name: 'fair-gate',
  subject: 'elision',
  on: V6_18,
  kind: 'broken',
  reference: 's3.fair_gate, an idea of this laboratory',
  says: 'a start waits once an update does, so that no update starves: a fair rwsem by another name',
  caughtBy: ['lock_cycle'],
  load: { notifiers: '2', 'dwell-us': '50' },
  replaces: { invalidateRangeStart: startAtGate, swapActiveMemslots: swapBehindGate },
})

function* startAtGate(cpu: Cpu, vm: Vm, start: Hva, end: Hva, mayBlock: boolean): Steps<void> {
  const { gate, pairs } = vm.updates!
  vm.lockdep?.acquire(cpu, pairs, SHARED)
  for (;;) {
    yield* vm.mnInvalidateLock.acquire(cpu)
    const isShut = yield* cpu.read(gate)
    if (isShut === 0) break
    yield* vm.mnInvalidateLock.release(cpu)
    cpu.contentionBegin(pairs, READ)
    yield* cpu.untilEqual(gate, 0)
    cpu.contentionEnd(pairs, READ)
  }
  const active = yield* cpu.read(vm.mnActiveInvalidateCount)
  yield* cpu.write(vm.mnActiveInvalidateCount, active + 1)
  yield* vm.mnInvalidateLock.release(cpu)
  vm.lockdep?.acquired(cpu, pairs)

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

/** The gate is shut before the pairs are waited for; it opens when the set is published. */
function* swapBehindGate(cpu: Cpu, vm: Vm): Steps<void> {
  const { gate } = vm.updates!
  yield* vm.mnInvalidateLock.acquire(cpu)
  yield* cpu.store(gate, 1)
  yield* vm.mnInvalidateLock.release(cpu)
  yield* V6_18.kvm.swapActiveMemslots(cpu, vm)
  yield* cpu.store(gate, 0)
}
