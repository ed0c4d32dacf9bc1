import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deadlockOf } from '../../shared-memory/lockdep/deadlock.ts'
import type { Kernel } from '../kernel.ts'
import { lockCircles } from '../lock-report.ts'
import {
  creates,
  deletes,
  notifies,
  notifiesNested,
  OUTSIDE,
  SPARE_RANGE,
  updatedVm,
} from '../memslots/testing.contract.ts'
import { type Act, faultOn, gfnOf, inTurn, type SmallVm } from '../testing.contract.ts'
import { COUNT, FAIR_GATE, RWSEM } from '../variants/elision.ts'
import { PRECHECK } from '../variants/precheck.ts'
import { loadFirstRoot } from '../vcpu-run.ts'
import { B_ARCHLOCK } from './b-archlock.ts'
import { B_EARLYDEC } from './b-earlydec.ts'
import { B_LATEINC } from './b-lateinc.ts'
import { B_RWSEM } from './b-rwsem.ts'
import { B_SRCU } from './b-srcu.ts'
import { B_UNBAL } from './b-unbal.ts'
import { B_WAKE } from './b-wake.ts'

// The shortest interleaving that shows each fault. The correct protocol runs the same one.

const inside = { first: 0, end: 8 }
const circles = ({ vm, stage }: SmallVm) => lockCircles(vm, stage.memory).length
const deadlock = ({ vm, stage }: SmallVm) =>
  deadlockOf(vm.lockdep!.standingsIn(stage.memory))?.map(({ waiter }) => waiter)

test('B-UNBAL elides the start and not the end, when the slot came between them', () => {
  const race = (kernel: Kernel) => {
    const small = updatedVm([faultOn(0), notifies(SPARE_RANGE), creates], kernel)
    small.stage.run(0).runUntil(1, /pause/).run(2).run(1).run(2)
    return small
  }
  const broken = race(B_UNBAL)
  assert.deepEqual(broken.violations, ['slots_changed_inside_pair', 'count_negative'])
  assert.deepEqual(broken.violationsAtRest, ['count_leak'])
  const correct = race(PRECHECK)
  assert.deepEqual([correct.violations, correct.violationsAtRest], [[], []])
  assert.equal(correct.counted('memslot_wakeups'), 1)
})

test('B-UNBAL leaves an invalidation counted for ever, when the slot went between them', () => {
  const small = updatedVm([faultOn(0), inTurn(creates, deletes), notifies(SPARE_RANGE)], B_UNBAL)
  // Created, and then the notifier starts before the slot is gone.
  small.stage.runUntil(1, /sub slotsLock|xchg slotsLock/).play('1')
  small.stage.runUntil(2, /pause/).run(1).run(2)
  assert.ok(small.violationsAtRest.includes('count_leak'))
})

/** The updater runs while the notifier is before this step, in its start or in its end. */
function publishesBefore(kernel: Kernel, half: 'start' | 'end', step: RegExp) {
  const small = updatedVm([faultOn(0), notifies(SPARE_RANGE), creates], kernel)
  if (half === 'end') small.stage.runUntil(1, /pause/)
  small.stage.runUntil(1, step).run(2).run(1).run(2)
  return small.violations
}

test('B-LATEINC counts its pair when the memslots have changed already', () => {
  const counts = /write mnActiveInvalidateCount|cas mnInvalidateLock/
  assert.ok(publishesBefore(B_LATEINC, 'start', counts).includes('slots_changed_inside_pair'))
  assert.deepEqual(publishesBefore(PRECHECK, 'start', counts), [])
})

test('B-EARLYDEC lets the memslots go before its end looks them up', () => {
  const looksUp = /load srcu.idx/
  assert.ok(publishesBefore(B_EARLYDEC, 'end', looksUp).includes('slots_changed_inside_pair'))
  assert.deepEqual(publishesBefore(PRECHECK, 'end', looksUp), [])
})

test('B-WAKE goes to sleep after the wake-up', () => {
  const race = (kernel: Kernel) => {
    const small = updatedVm([faultOn(0), notifies(OUTSIDE), creates], kernel)
    small.stage.runUntil(1, /pause/).runUntil(2, /store mnMemslotsUpdateRcuwait.state/)
    small.stage.run(1).run(2).run(1).run(2)
    return small
  }
  const broken = race(B_WAKE)
  assert.equal(broken.stage.stateOf(2), 'waits at untilEqual mnMemslotsUpdateRcuwait.state')
  assert.deepEqual(broken.violations, ['lost_wakeup'])
  const correct = race(PRECHECK)
  assert.equal(correct.stage.stateOf(2), 'has ended')
  assert.deepEqual(correct.violations, [])
})

/** Notifier 1 is in its pair, the updater queues, notifier 2 starts and takes the pseudo lock. */
function rwsemRace(kernel: Kernel, pseudoLock: 'graph' | 'mutex') {
  const small = updatedVm([faultOn(0), notifies(OUTSIDE), notifies(OUTSIDE), creates], kernel, { pseudoLock })
  small.stage.runUntil(1, /pause/).run(3).run(2).run(1).run(3).run(2).run(1)
  return small
}

test('B-RWSEM deadlocks, if the pseudo lock is one: start behind the updater, updater behind the pair, end behind start', () => {
  const small = rwsemRace(B_RWSEM, 'mutex')
  assert.equal(small.stage.finish(), false)
  assert.deepEqual(deadlock(small), [1, 2, 3])
  assert.equal(rwsemRace(PRECHECK, 'mutex').stage.finish(), true)
})

test('lockdep finds the circle of the rwsem where no task deadlocks, and none in the count', () => {
  const small = rwsemRace(RWSEM, 'graph')
  assert.equal(small.stage.finish(), true)
  assert.equal(deadlock(small), undefined)
  assert.equal(circles(small), 1)
  assert.deepEqual(small.violationsAtRest, ['lock_cycle'])
  for (const kernel of [PRECHECK, COUNT]) {
    const correct = rwsemRace(kernel, 'graph')
    assert.equal(correct.stage.finish(), true)
    assert.deepEqual(correct.violationsAtRest, [])
  }
})

test('with the rwsem one thread deadlocks alone, if an updater queues between two starts of its own', () => {
  const race = (kernel: Kernel) => {
    const small = updatedVm([faultOn(0), notifiesNested(OUTSIDE), creates], kernel)
    small.stage.runUntil(1, /pause/).run(2)
    return small
  }
  const broken = race(RWSEM)
  assert.equal(broken.stage.finish(), false)
  assert.deepEqual(deadlock(broken), [1, 2])
  assert.equal(circles(broken), 1)
  const correct = race(PRECHECK)
  assert.equal(correct.stage.finish(), true)
  assert.deepEqual(correct.violationsAtRest, [])
})

test('the fair gate behaves as an rwsem: the same thread deadlocks', () => {
  const small = updatedVm([faultOn(0), notifiesNested(OUTSIDE), creates], FAIR_GATE)
  small.stage.runUntil(1, /pause/).run(2)
  assert.equal(small.stage.finish(), false)
  assert.equal(small.stage.stateOf(1), 'waits at untilEqual mnGate')
  assert.deepEqual(deadlock(small), [1, 2])
})

const reloads: Act = function* (cpu, vm) {
  const vcpu = vm.vcpus[0]!
  yield* vcpu.srcuReadLock(cpu)
  yield* cpu.pause()
  yield* loadFirstRoot(cpu, vm, vcpu)
  yield* vcpu.srcuReadUnlock(cpu)
}

test('B-ARCHLOCK waits for a vCPU that waits for slots_arch_lock', () => {
  const race = (kernel: Kernel) => {
    const small = updatedVm([reloads, creates], kernel, {}, { mmu: 'shadow' })
    small.stage.runUntil(0, /pause/).run(1)
    return small
  }
  const broken = race(B_ARCHLOCK)
  assert.equal(broken.stage.finish(), false)
  assert.deepEqual(deadlock(broken), [0, 1])
  assert.deepEqual(broken.violationsAtRest, ['lock_left_held', 'lock_cycle'])
  assert.equal(race(PRECHECK).stage.finish(), true)
})

/** A fault on the slot that goes, with SRCU held around it, as outside of the guest. */
const faultsOutsideGuest: Act = function* (cpu, vm) {
  const vcpu = vm.vcpus[0]!
  yield* vcpu.srcuReadLock(cpu)
  yield* cpu.pause()
  yield* faultOn(64)(cpu, vm)
  yield* vcpu.srcuReadUnlock(cpu)
}

test('B-SRCU retries for ever on a slot that becomes valid when it has stopped', () => {
  const race = (kernel: Kernel) => {
    const small = updatedVm([faultsOutsideGuest, inTurn(creates, deletes)], kernel)
    small.stage.runUntil(1, /xchg slotsLock/).play('1')
    small.stage.runUntil(0, /pause/).run(1)
    for (let step = 0; step < 60_000 && small.stage.stateOf(0) !== 'has ended'; step += 1) small.stage.play('0')
    return small
  }
  const broken = race(B_SRCU)
  assert.notEqual(broken.stage.stateOf(0), 'has ended')
  assert.match(broken.stage.stateOf(1), /waits at untilEqual srcu.readers0/)
  assert.ok(broken.violations.includes('retry_unbounded'))
  assert.equal(circles(broken), 1)
  const correct = race(PRECHECK)
  assert.equal(correct.stage.finish(), true)
  assert.deepEqual(correct.violations, [])
})

test('an invalidation that is elided touches neither mmu_lock nor what it guards', () => {
  const touched = (kernel: Kernel) =>
    updatedVm([faultOn(0), notifies(OUTSIDE)], kernel)
      .stage.run(1)
      .trace.filter((step) => /mmuLock|mmuInvalidate/.test(step)).length
  assert.equal(touched(PRECHECK), 0)
  assert.ok(touched(COUNT) > 0)
})

test('a fault on a page outside every invalidated range installs it, while other pages are being invalidated', () => {
  for (const kernel of [PRECHECK, COUNT]) {
    const small = updatedVm([faultOn(20), notifies(OUTSIDE), notifies(inside)], kernel)
    small.stage.runUntil(1, /pause/).runUntil(2, /pause/).run(0)
    assert.equal(small.counted('pf_fixed'), 1)
    assert.notEqual(small.leaf(20), 0, `${gfnOf(20)}`)
    assert.ok(small.stage.finish())
  }
})
