import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cpu } from '../cpu.ts'
import { Place } from '../place.ts'
import { Stage } from '../testing.contract.ts'
import { PvQSpinLock } from './pv-qspinlock.ts'

/** CPUs that take the lock once and release it. CPU 0 has it, and is about to release it. */
function held(looks?: number): Stage {
  const place = new Place()
  const lock = new PvQSpinLock(place.within('pv'), 3, looks)
  const once = function* (cpu: Cpu) {
    yield* lock.acquire(cpu)
    yield* lock.release(cpu)
  }
  return new Stage(place, [once, once, once]).runUntil(0, RELEASES)
}

const RELEASES = /and pv.val/
const SETS_PENDING = /or pv.val/
const KICKS = /unpark/

test('a CPU that arrives does not steal from a head that is awake', () => {
  const stage = held().runUntil(1, SETS_PENDING).play('1').play('0').run(2)
  assert.match(stage.stateOf(2), /waits at .*node2/)
  assert.ok(stage.finish())
})

test('a CPU that arrives steals from a head that is halted, until that is kicked', () => {
  const stage = held().run(1).runUntil(0, KICKS).runUntil(2, RELEASES)
  assert.match(stage.stateOf(1), /waits at .*node1/)
  assert.ok(stage.finish())
})

test('a successor that is halted sleeps on when it becomes the head, and the release kicks it', () => {
  const stage = held().run(1).run(2).run(0).runUntil(1, RELEASES)
  assert.match(stage.stateOf(2), /waits at .*node2/)
  assert.equal(stage.trace.filter((step) => KICKS.test(step)).length, 1)
  stage.run(1)
  assert.equal(stage.trace.filter((step) => KICKS.test(step)).length, 2)
  assert.ok(stage.finish())
})

test('a theft is a slow path: its contention is traced, as that of a waiter is', () => {
  const stage = held().run(1).runUntil(0, KICKS).runUntil(2, RELEASES)
  assert.deepEqual(stage.cpus[2]!.contention, ['begin 0/1', 'end 0/1'])
  assert.deepEqual(stage.cpus[1]!.contention, ['begin 0/1'])
})

test('a theft pays for no barrier of the node that it readies and does not use', () => {
  const stage = held().run(1).runUntil(0, KICKS).runUntil(2, RELEASES)
  const ofItsNode = stage.trace.filter((step) => /^2 .*pv.node2/.test(step)).map((step) => step.split(' ')[1])
  assert.deepEqual(ofItsNode, ['write', 'write', 'write'])
})

test('with more looks a waiter takes the lock that comes free meanwhile, and no CPU halts', () => {
  const stage = held(8).runUntil(1, SETS_PENDING).play('1').run(0).run(1)
  assert.equal(stage.trace.filter((step) => /park/.test(step)).length, 0)
  assert.ok(stage.finish())
})
