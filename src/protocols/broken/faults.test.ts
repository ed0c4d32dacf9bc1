import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accessGuestMemory } from '../guest-access.ts'
import type { Kernel } from '../kernel.ts'
import { faultOn, faultsOn, gfnOf, invalidate, SmallVm } from '../testing.contract.ts'
import { LOOP, PRECHECK } from '../variants/precheck.ts'
import { enterGuest } from '../vcpu-run.ts'
import { B_HALF } from './b-half.ts'
import { B_HOIST } from './b-hoist.ts'
import { B_INT } from './b-int.ts'
import { B_INV } from './b-inv.ts'
import { B_LEAK } from './b-leak.ts'
import { B_ORDER } from './b-order.ts'
import { B_RANGE } from './b-range.ts'
import { B_SEQORDER } from './b-seqorder.ts'
import { B_SNAP } from './b-snap.ts'
import { B_STALE } from './b-stale.ts'
import { B_UNITS } from './b-units.ts'

// The shortest interleaving that shows each fault. The correct protocol runs the same one.

function staleRace(kernel: Kernel) {
  const small = new SmallVm([faultOn(5), invalidate(0, 8)], kernel)
  small.stage
    .runUntil(0, /mmuLock/)
    .run(1)
    .run(0)
  return small
}

test('B-STALE installs the page that was freed between the pre-check and mmu_lock', () => {
  assert.deepEqual(staleRace(B_STALE).violations, ['stale_install'])
  assert.deepEqual(staleRace(PRECHECK).violations, [])
})

function snapRace(kernel: Kernel) {
  const small = new SmallVm([faultOn(5), invalidate(0, 8)], kernel)
  // F8 takes the old page; the invalidation that was to keep it out ends before the sequence is read.
  small.stage.runUntil(0, /mmuInvalidate|hostMm.refs/).runUntil(0, /hostMm.refs/)
  while (!/hostMm.pte/.test(small.stage.stateOf(0))) small.stage.play('0')
  small.stage.play('0').run(1).run(0)
  return small
}

test('B-SNAP reads a sequence that already includes the invalidation which freed its page', () => {
  assert.ok(snapRace(B_SNAP).violations.includes('stale_install'))
  assert.deepEqual(snapRace(PRECHECK).violations, [])
})

test('B-HOIST loops forever on the count that it read once', () => {
  const race = (kernel: Kernel) => {
    const small = new SmallVm([faultOn(5), invalidate(0, 8)], kernel)
    // The loop looks once while the invalidation is in progress.
    small.stage
      .runUntil(1, /hostMm.pte/)
      .runUntil(0, /mmuInvalidate/)
      .pick(new Array(40).fill(0))
    small.stage.run(1)
    for (let step = 0; step < 60_000 && small.stage.stateOf(0) !== 'has ended'; step += 1) small.stage.play('0')
    return small
  }
  const broken = race(B_HOIST)
  assert.notEqual(broken.stage.stateOf(0), 'has ended')
  assert.ok(broken.violations.includes('retry_unbounded'))
  const correct = race(LOOP)
  assert.equal(correct.stage.stateOf(0), 'has ended')
  assert.deepEqual(correct.violations, [])
})

test('B-LEAK keeps the reference to a page after the pre-check failed', () => {
  const race = (kernel: Kernel) => {
    const small = new SmallVm([faultOn(5), invalidate(0, 8)], kernel)
    small.stage
      .runUntil(0, /hostMm.refs/)
      .run(1)
      .run(0)
    return small.violationsAtRest
  }
  assert.deepEqual(race(B_LEAK), ['page_ref_leak'])
  assert.deepEqual(race(PRECHECK), [])
})

function duringInvalidation(kernel: Kernel) {
  const small = new SmallVm([faultOn(5), invalidate(0, 8)], kernel)
  small.stage.runUntil(1, /hostMm/).run(0)
  return small
}

test('B-UNITS compares a gfn with hvas, and finds the invalidation under mmu_lock only', () => {
  const small = duringInvalidation(B_UNITS)
  assert.equal(small.counted('retry_precheck_before_pfn') + small.counted('retry_precheck_after_pfn'), 0)
  assert.equal(small.counted('retry_stale_locked'), 1)
  assert.deepEqual(small.violations, [])
})

test('B-INV never looks before the pfn lookup', () => {
  const small = duringInvalidation(B_INV)
  assert.equal(small.counted('retry_precheck_before_pfn'), 0)
  assert.equal(small.counted('retry_precheck_after_pfn'), 1)
})

test('B-ORDER lets the count fall before the sequence rises, which no CPU sees under mmu_lock', () => {
  const order = (kernel: Kernel) =>
    new SmallVm([faultOn(0), invalidate(0, 8)], kernel).stage
      .run(1)
      .trace.filter((step) => /store mmuInvalidate.(seq|inProgress)/.test(step))
      .slice(-2)
  assert.deepEqual(order(PRECHECK), ['1 store mmuInvalidate.seq', '1 store mmuInvalidate.inProgress'])
  assert.deepEqual(order(B_ORDER), ['1 store mmuInvalidate.inProgress', '1 store mmuInvalidate.seq'])
  assert.deepEqual(staleRace(B_ORDER).violations, [])
})

test('B-RANGE lets a fault find an invalidation in progress without a range', () => {
  const race = (kernel: Kernel) => {
    const small = new SmallVm([faultOn(5), invalidate(0, 8)], kernel)
    small.stage.runUntil(0, /mmuLock/)
    // The notifier goes on to where mmu_lock is free for the first time.
    small.stage
      .runUntil(1, /sub mmuLock.cnts/)
      .play('1')
      .run(0)
      .run(1)
    return small.violations
  }
  assert.deepEqual(race(B_RANGE), ['range_unset'])
  assert.deepEqual(race(PRECHECK), [])
})

test('B-HALF lets a fault install what another invalidation still holds', () => {
  const race = (kernel: Kernel) => {
    const small = new SmallVm([faultOn(25), invalidate(0, 10), invalidate(20, 30)], kernel)
    small.stage
      .runUntil(1, /hostMm/)
      .runUntil(2, /hostMm/)
      .run(1)
      .run(0)
      .run(2)
    return small
  }
  assert.ok(race(B_HALF).violations.includes('install_in_progress'))
  assert.deepEqual(race(PRECHECK).violations, [])
})

test('a guest that reads a page of B-STALE uses memory that the host has taken back', () => {
  const guest = new SmallVm(
    [
      function* (cpu, vm) {
        yield* faultsOn(5)(cpu, vm)
        yield* enterGuest(cpu, vm, vm.vcpus[0]!)
        yield* accessGuestMemory(cpu, vm, vm.vcpus[0]!, gfnOf(5))
      },
      invalidate(0, 8),
    ],
    B_STALE,
  )
  guest.stage
    .runUntil(0, /mmuLock/)
    .run(1)
    .run(0)
  assert.deepEqual(guest.violations, ['stale_install', 'stale_use'])
})

/** A fault has looked up its page when the page is invalidated, with the sequence at this value. */
function overtaken(kernel: Kernel, seqStart: number) {
  const small = new SmallVm([faultOn(0), invalidate(0, 1)], kernel, { seqStart })
  small.stage
    .runUntil(0, /mmuLock/)
    .run(1)
    .run(0)
  return small.violations
}

test('a stale fault retries at any value of the sequence, and B-SEQORDER does not where the sequence wraps', () => {
  for (const seqStart of [0, 0x7fff_ffff, 0xffff_ffff]) assert.deepEqual(overtaken(PRECHECK, seqStart), [])
  assert.deepEqual(overtaken(B_SEQORDER, 0x7fff_ffff), [])
  assert.ok(overtaken(B_SEQORDER, 0xffff_ffff).includes('stale_install'))
})

test('after 2^31 invalidations B-INT finds every fault stale', () => {
  const mapped = (kernel: Kernel, seqStart: number) => {
    const small = new SmallVm([faultOn(0)], kernel, { seqStart })
    small.stage.run(0)
    return small.counted('pf_fixed')
  }
  assert.deepEqual([mapped(B_INT, 0x7fff_ffff), mapped(B_INT, 0x8000_0000)], [1, 0])
  assert.deepEqual([mapped(PRECHECK, 0x7fff_ffff), mapped(PRECHECK, 0x8000_0000)], [1, 1])
})
