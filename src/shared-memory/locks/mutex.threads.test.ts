import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Place } from '../place.ts'
import { Stage } from '../testing.contract.ts'
import { lockContract } from './lock.contract.ts'
import { Mutex } from './mutex.ts'

lockContract({ kind: 'mutex', build: (place) => new Mutex(place), isFair: false, contended: 2 })

function onStage(waiters: number) {
  const place = new Place()
  const lock = new Mutex(place)
  const stage = new Stage(place, [
    (cpu) => lock.acquire(cpu),
    (cpu) => lock.release(cpu),
    ...Array.from({ length: waiters }, () => (cpu: Parameters<Mutex['acquire']>[0]) => lock.acquire(cpu)),
  ])
  return { stage, state: () => stage.valueOf(lock.state) }
}

test('without waiters no CPU is woken', () => {
  const { stage, state } = onStage(0)
  stage.run(0)
  assert.equal(state(), 1)
  stage.run(1)
  assert.equal(state(), 0)
  assert.deepEqual(stage.trace, ['0 cas state', '1 xchg state'])
})

test('a waiter announces itself, and the release wakes one', () => {
  const { stage, state } = onStage(2)
  stage.run(0).run(2).run(3)
  assert.equal(state(), 2)
  stage.run(1)
  assert.equal(state(), 0)
  stage.run(2)
  assert.equal(stage.stateOf(2), 'has ended')
  assert.equal(state(), 2)
  assert.equal(stage.stateOf(3), 'waits at park state')
})

test('a release between announcement and sleep is not missed', () => {
  const { stage, state } = onStage(1)
  stage.run(0)
  // The waiter has tried and announced itself, and is about to sleep.
  stage.play('22').run(1)
  assert.equal(stage.stateOf(2), 'is about to park state')
  stage.run(2)
  assert.equal(stage.stateOf(2), 'has ended')
  assert.equal(state(), 2)
})
