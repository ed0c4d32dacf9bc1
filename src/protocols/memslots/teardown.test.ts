import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NONPRESENT } from '../../shared-memory/page-tables/spte.ts'
import { B_NORELEASE } from '../broken/b-norelease.ts'
import { B_TEARDOWN } from '../broken/b-teardown.ts'
import type { Kernel } from '../kernel.ts'
import { V5_15, V6_18, VERSIONS } from '../kernels.ts'
import { NxVm, own, writesTo } from '../nx/testing.contract.ts'
import { type Act, faultOn, inTurn } from '../testing.contract.ts'
import { ALWAYS_LOCK, COUNT, RWSEM } from '../variants/elision.ts'
import { PRECHECK } from '../variants/precheck.ts'
import { mmuNotifierRelease } from './release.ts'
import { createVm } from './teardown.ts'
import { notifies, OUTSIDE, SPARE, SPARE_RANGE, updatedVm } from './testing.contract.ts'

const creates: Act = (cpu, vm) => createVm(cpu, vm, SPARE.slot)
const destroys: Act = (cpu, vm) => vm.kvm.destroyVm(cpu, vm, SPARE.slot)

/** As tasks do: mmap_lock is held for read from start to end. */
const notifiesInMm = (range: typeof OUTSIDE): Act =>
  function* (cpu, vm) {
    const { mmapLock } = vm.updates!.lifetime!
    yield* mmapLock.readLock(cpu)
    yield* notifies(range)(cpu, vm)
    yield* mmapLock.readUnlock(cpu)
  }

/** CPU 0 creates the VM and, when CPU 1 stands between start and end, destroys it. */
function destroyedInside(kernel: Kernel, range: typeof OUTSIDE) {
  const small = updatedVm([inTurn(creates, destroys), notifies(range)], kernel, { isDestroyed: true })
  small.stage.runUntil(0, /store mmuNotifier.registered/).play('0')
  small.stage.runUntil(0, /store mmuNotifier.registered/)
  small.stage.runUntil(1, /pause/).run(0).run(1)
  return small
}

for (const [name, kernel] of Object.entries({
  'count-elide': PRECHECK,
  count: COUNT,
  'always-lock': ALWAYS_LOCK,
  rwsem: RWSEM,
})) {
  test(`a VM is destroyed between start and end (${name}): its last memslot goes, and the end is not called`, () => {
    const small = destroyedInside(kernel, OUTSIDE)
    assert.deepEqual([small.stage.stateOf(0), small.stage.stateOf(1)], ['has ended', 'has ended'])
    assert.deepEqual(small.violations, [])
    assert.deepEqual([small.counted('invalidate_start'), small.counted('invalidate_end')], [1, 0])
    assert.equal(small.stage.memory[small.vm.mnActiveInvalidateCount], 0)
  })
}

test('B-TEARDOWN leaves the pair counted, and waits for its end for ever', () => {
  const small = destroyedInside(B_TEARDOWN, OUTSIDE)
  assert.equal(small.stage.stateOf(0), 'waits at untilEqual mnMemslotsUpdateRcuwait.state')
  assert.equal(small.stage.stateOf(1), 'has ended')
  assert.deepEqual(small.violations, ['count_leak'])
})

test('what a pair of the old VM had raised does not hold faults of the new one off', () => {
  const small = updatedVm([inTurn(creates, destroys, creates), notifiesInMm(SPARE_RANGE)], PRECHECK, {
    isDestroyed: true,
  })
  small.stage.runUntil(0, /store mmuNotifier.registered/).play('0')
  small.stage.runUntil(0, /store mmuNotifier.registered/)
  small.stage.runUntil(1, /pause/)
  assert.equal(small.stage.memory[small.vm.invalidateInProgress], 1)
  small.stage.run(0)
  assert.match(small.stage.stateOf(0), /waits at .*mmapLock/, 'no VM is registered while a pair is under way')
  small.stage.run(1)
  assert.ok(small.stage.finish())
  assert.equal(small.stage.memory[small.vm.invalidateInProgress], 0)
  assert.deepEqual([small.violations, small.violationsAtRest], [[], []])
})

test('unregistering waits for a start that is under way', () => {
  const small = updatedVm([inTurn(creates, destroys), notifies(OUTSIDE)], PRECHECK, { isDestroyed: true })
  small.stage.runUntil(0, /store mmuNotifier.registered/).play('0')
  small.stage.runUntil(0, /store mmuNotifier.registered/)
  small.stage.runUntil(1, /write mnActiveInvalidateCount/).run(0)
  assert.match(small.stage.stateOf(0), /waits at .*mmuNotifier.srcu/)
})

test('when the process exits nothing stays mapped, and mmu_lock is dropped on the way for a task that waits', () => {
  const waits: Act = function* (cpu, vm) {
    yield* vm.mmuLock.writeLock(cpu)
    yield* vm.mmuLock.writeUnlock(cpu)
  }
  const small = updatedVm([inTurn(faultOn(0), faultOn(9), mmuNotifierRelease), waits], V6_18)
  small.stage.runUntil(0, /xchg pageTables/).run(1)
  assert.ok(small.stage.finish())
  assert.deepEqual([small.violations, small.violationsAtRest], [[], []])
  assert.deepEqual([small.counted('leafs_zapped'), small.counted('yield_needbreak')], [2, 1])
})

test('up to v5.17 the end of a VM flushes for each page table that goes, and once at its end; since then nothing is flushed', () => {
  const flushes = VERSIONS.map((kernel) => {
    const vm = new NxVm([inTurn(writesTo(own(0)), writesTo(own(1)), mmuNotifierRelease)], kernel, { nestedPages: 0 })
    vm.stage.run(0)
    assert.deepEqual([kernel.name, ...vm.violations], [kernel.name])
    assert.equal(vm.leafOf(own(0)), NONPRESENT)
    return [kernel.name, vm.counted('tlb_flush_remote_teardown')]
  })
  assert.deepEqual(flushes, [
    ['v5.11', 2 + 1],
    ['v5.12', 2 + 1],
    ['v5.15', 2 + 1],
    ['v6.5', 0],
    ['v6.8', 0],
    ['v6.12', 0],
    ['v6.18', 0],
    ['v7.1', 0],
  ])
})

test('the last flush of the end of a v5.15 VM comes after all of it was zapped, before mmu_lock is free', () => {
  const vm = new NxVm([inTurn(writesTo(own(0)), mmuNotifierRelease)], V5_15, { nestedPages: 0 })
  vm.stage.run(0)
  const at = (step: RegExp) => vm.stage.trace.findLastIndex((line) => step.test(line))
  const [zap, flush, unlock] = [at(/xchg pageTables/), at(/requests/), at(/mmuLock/)]
  assert.ok(zap < flush && flush < unlock, `${zap} ${flush} ${unlock}`)
})

test('B-NORELEASE leaves memory mapped that the host is about to free', () => {
  const small = updatedVm([inTurn(faultOn(0), mmuNotifierRelease)], B_NORELEASE)
  small.stage.run(0)
  assert.deepEqual(small.violations, ['mapped_after_release'])
})
