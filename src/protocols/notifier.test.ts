import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hva } from '../shared-memory/addresses.ts'
import type { Kernel } from './kernel.ts'
import { V5_11, V5_12, V5_15, V6_5, V6_8, V7_1 } from './kernels.ts'
import { notifyEnd, notifyStart } from './mmu-notifier.ts'
import { type Act, BASE_HVA, faultsOn, gfnOf, hvaOf, invalidate, SmallVm } from './testing.contract.ts'
import { INVALID_GPA } from './vm.ts'

const range = (small: SmallVm) =>
  [small.vm.invalidateRangeStart, small.vm.invalidateRangeEnd].map((word) => small.stage.valueOf(word))

test('an invalidation is counted from start to end, and its end makes a new sequence', () => {
  const small = new SmallVm([invalidate(0, 8)])
  small.stage.runUntil(0, /hostMm/)
  assert.equal(small.stage.valueOf(small.vm.invalidateInProgress), 1)
  assert.equal(small.stage.valueOf(small.vm.mnActiveInvalidateCount), 1)
  assert.equal(small.stage.valueOf(small.vm.invalidateSeq), 0)
  assert.deepEqual(range(small), [0x1000, 0x1008])
  small.stage.run(0)
  assert.equal(small.stage.valueOf(small.vm.invalidateInProgress), 0)
  assert.equal(small.stage.valueOf(small.vm.mnActiveInvalidateCount), 0)
  assert.equal(small.stage.valueOf(small.vm.invalidateSeq), 1)
})

test('invalidations that overlap in time share one range, which does not shrink before the last has ended', () => {
  const small = new SmallVm([invalidate(10, 20), invalidate(30, 40), invalidate(0, 4)])
  small.stage.runUntil(0, /hostMm/).runUntil(1, /hostMm/)
  assert.deepEqual(range(small), [0x1000 + 10, 0x1000 + 40])
  small.stage.run(0)
  assert.deepEqual(range(small), [0x1000 + 10, 0x1000 + 40])
  small.stage.run(1).runUntil(2, /hostMm/)
  assert.deepEqual(range(small), [0x1000, 0x1004])
  assert.equal(small.counted('in_progress_max'), 2 + 1 + 1)
})

test('an invalidation of memory that no memslot maps never touches mmu_lock', () => {
  const outside: Act = function* (cpu, vm) {
    yield* notifyStart(cpu, vm, (BASE_HVA + 1000) as Hva, (BASE_HVA + 2000) as Hva)
    yield* notifyEnd(cpu, vm, (BASE_HVA + 1000) as Hva, (BASE_HVA + 2000) as Hva)
  }
  const small = new SmallVm([outside])
  small.stage.run(0)
  assert.equal(small.counted('invalidate_elided'), 1)
  assert.ok(small.stage.trace.every((step) => !/mmuLock|mmuInvalidate/.test(step)))
  assert.deepEqual(range(small), [INVALID_GPA, INVALID_GPA])
})

test('an invalidation that reaches over the edges of a memslot is cut to it', () => {
  const wide: Act = function* (cpu, vm) {
    yield* notifyStart(cpu, vm, 0 as Hva, (BASE_HVA * 2) as Hva)
    yield* notifyEnd(cpu, vm, 0 as Hva, (BASE_HVA * 2) as Hva)
  }
  const small = new SmallVm([faultsOn(0, 63), wide])
  small.stage.run(0).run(1)
  assert.deepEqual(range(small), [0x1000, 0x1040])
  assert.deepEqual(small.mapped, [])
})

test('an invalidation of two memslots takes mmu_lock once and flushes once', () => {
  const memslots = [
    { slot: 0, baseGfn: 0x1000, hva: BASE_HVA, pages: 32 },
    { slot: 1, baseGfn: 0x9000, hva: BASE_HVA + 32, pages: 32 },
  ]
  const small = new SmallVm([faultsOn(3, 0x8000), invalidate(0, 64)], undefined, { memslots })
  small.stage.run(0)
  const before = small.stage.trace.length
  small.stage.runUntil(1, /hostMm/)
  const locks = small.stage.trace.slice(before).filter((step) => step === '1 cas mmuLock.cnts')
  assert.equal(locks.length, 1)
  assert.equal(small.counted('leafs_zapped'), 2)
  assert.equal(small.counted('remote_tlb_flush_requests'), 1)
  assert.deepEqual(range(small), [0x1000, 0x9020])
})

test('the last end wakes a memslot update that waits for it', () => {
  const updater: Act = function* (cpu, vm) {
    yield* vm.mnMemslotsUpdateRcuwait.prepare(cpu)
    yield* vm.mnMemslotsUpdateRcuwait.setUninterruptible(cpu)
    yield* vm.mnMemslotsUpdateRcuwait.schedule(cpu)
  }
  const twice: Act = function* (cpu, vm) {
    yield* notifyStart(cpu, vm, hvaOf(0), hvaOf(4))
    yield* notifyStart(cpu, vm, hvaOf(2), hvaOf(8))
    yield* notifyEnd(cpu, vm, hvaOf(2), hvaOf(8))
    yield* notifyEnd(cpu, vm, hvaOf(0), hvaOf(4))
  }
  const small = new SmallVm([updater, twice])
  small.stage.run(0).runUntil(1, /sub mnInvalidateLock.val/)
  assert.match(small.stage.stateOf(0), /waits at/)
  assert.ok(small.stage.finish())
  assert.equal(small.counted('memslot_wakeups'), 1)
  assert.deepEqual(small.violations, [])
})

test('a range that is read half set, its start still INVALID_GPA, holds no gfn', () => {
  const asks: Act = (cpu, vm) => vm.kvm.invalidateRetryGfnUnsafe(cpu, vm, 0, gfnOf(3))
  const small = new SmallVm([asks])
  small.stage.memory[small.vm.invalidateInProgress] = 1
  small.stage.memory[small.vm.invalidateRangeEnd] = gfnOf(8)
  small.stage.run(0)
  assert.equal(small.stage.resultOf(0), false)
})

test('from v5.12 to 6.7 the range in progress is one of hvas, as it came, and since then one of the gfns of memslots', () => {
  const rangeOf = (kernel: Kernel) => {
    const starts: Act = (cpu, vm) => notifyStart(cpu, vm, (BASE_HVA - 4) as Hva, hvaOf(2))
    const { stage, vm } = new SmallVm([starts, (cpu, vm) => vm.mmuLock.readLock(cpu)], kernel)
    stage.run(0)
    return [stage.valueOf(vm.invalidateRangeStart), stage.valueOf(vm.invalidateRangeEnd)]
  }
  assert.deepEqual(rangeOf(V5_11), [INVALID_GPA, INVALID_GPA], 'v5.11 notes none')
  for (const kernel of [V5_12, V5_15, V6_5]) assert.deepEqual(rangeOf(kernel), [BASE_HVA - 4, hvaOf(2)], kernel.name)
  for (const kernel of [V6_8, V7_1]) assert.deepEqual(rangeOf(kernel), [gfnOf(0), gfnOf(2)], kernel.name)
})
