import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Place } from '../place.ts'
import { Stage } from '../testing.contract.ts'
import { lockContract } from './lock.contract.ts'
import { TatasLock } from './tatas.ts'

lockContract({ kind: 'tatas', build: (place) => new TatasLock(place), isFair: false, contended: 2 })

test('a waiter writes only after it has seen the lock free', () => {
  const place = new Place()
  const lock = new TatasLock(place)
  const stage = new Stage(place, [(cpu) => lock.acquire(cpu), (cpu) => lock.acquire(cpu), (cpu) => lock.release(cpu)])
  stage.run(0).run(1)
  assert.equal(stage.stateOf(1), 'waits at untilEqual locked')
  stage.run(2).run(1)
  assert.equal(stage.stateOf(1), 'has ended')
  assert.deepEqual(
    stage.trace.filter((line) => line.startsWith('1')),
    ['1 xchg locked', '1 untilEqual locked', '1 xchg locked'],
  )
})

test('a newcomer may overtake a waiter', () => {
  const place = new Place()
  const lock = new TatasLock(place)
  const stage = new Stage(place, [(cpu) => lock.acquire(cpu), (cpu) => lock.acquire(cpu), (cpu) => lock.release(cpu)])
  const memory = stage.memory
  memory[lock.locked] = 1
  stage.run(1).run(2).run(0)
  assert.equal(stage.stateOf(0), 'has ended')
  stage.run(1)
  assert.equal(stage.stateOf(1), 'waits at untilEqual locked')
})
