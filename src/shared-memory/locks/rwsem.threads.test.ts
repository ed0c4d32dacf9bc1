import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cpu } from '../cpu.ts'
import { Place } from '../place.ts'
import type { Steps } from '../steps.ts'
import { Stage } from '../testing.contract.ts'
import { rwLockContract } from './rw-lock.contract.ts'
import { RwSem } from './rwsem.ts'

rwLockContract({ kind: 'rwsem', build: (place, cpus) => new RwSem(place, cpus) })

type Act = (lock: RwSem, cpu: Cpu) => Steps<unknown>

const reads: Act = function* (lock, cpu) {
  yield* lock.readLock(cpu)
  yield* lock.readUnlock(cpu)
}
const writes: Act = function* (lock, cpu) {
  yield* lock.writeLock(cpu)
  yield* lock.writeUnlock(cpu)
}

function onStage(...acts: readonly Act[]) {
  const place = new Place()
  const lock = new RwSem(place.within('sem'), acts.length)
  const stage = new Stage(
    place,
    acts.map((act) => (cpu: Cpu) => act(lock, cpu)),
  )
  return { stage, count: () => stage.valueOf(lock.count) }
}

test('count has the writer in bit 0, waiters in bit 1 and readers by 0x100', () => {
  const { stage, count } = onStage(reads, reads, writes, reads)
  stage.play('00').play('11')
  assert.equal(count(), 0x200)
  stage.run(2)
  assert.equal(count(), 0x202)
  stage.run(3)
  stage.play('0')
  assert.equal(count(), 0x102)
  stage.run(0).run(1)
  assert.equal(count(), 0x003)
  assert.ok(stage.finish())
  assert.equal(count(), 0)
})

test('each waiter waits on a line of its own until the lock is granted to it', () => {
  const { stage } = onStage(writes, reads, writes)
  stage.play('0').run(1).run(2)
  assert.equal(stage.stateOf(1), 'waits at untilEqual sem.waiter1.granted')
  assert.equal(stage.stateOf(2), 'waits at untilEqual sem.waiter2.granted')
})

test('readers in a row are granted the lock together, a writer among them ends the row', () => {
  const { stage, count } = onStage(writes, reads, reads, writes, reads)
  stage.play('0').run(1).run(2).run(3).run(4)
  stage.run(0)
  assert.equal(count(), 0x202)
  assert.deepEqual(
    [1, 2, 3, 4].map((actor) => stage.stateOf(actor).split(' ')[0]),
    ['is', 'is', 'waits', 'waits'],
  )
})

test('a lock that comes free before the waiter has queued is taken at once', () => {
  const { stage, count } = onStage(writes, writes)
  stage.play('0').play('1').run(0)
  assert.equal(count(), 0)
  stage.run(1)
  assert.equal(stage.stateOf(1), 'has ended')
  assert.equal(count(), 0)
})

test('an unlock between closing the fast paths and queuing still serves the waiter', () => {
  const { stage, count } = onStage(writes, writes)
  stage.play('0')
  // cas, cas of waitLock, or: the waiter has seen the owner, and has not queued yet.
  stage.play('111').play('0')
  assert.equal(count(), 0x002)
  assert.ok(stage.finish())
  assert.equal(count(), 0)
})

/**
 * Actor 2 has unlocked as the last reader and is about to wake the queue, but comes late: actor 1, the reason
 * why it saw a waiter, has taken the lock at once, and actor 3 has queued behind it.
 */
function withLateWaker() {
  const { stage, count } = onStage(writes, reads, reads, writes, reads)
  stage.play('0').play('1').play('0').play('22')
  stage.play('11').play('2').play('11')
  assert.equal(stage.stateOf(2), 'is about to cas sem.waitLock.val')
  stage.run(3)
  assert.equal(count(), 0x102)
  return { stage, count }
}

test('a late waker does not let a writer in beside a reader', () => {
  const { stage, count } = withLateWaker()
  stage.run(2)
  assert.equal(stage.stateOf(2), 'has ended')
  assert.equal(count(), 0x102)
  assert.equal(stage.stateOf(3), 'waits at untilEqual sem.waiter3.granted')
  assert.ok(stage.finish())
  assert.equal(count(), 0)
})

test('a late waker does not let a reader in beside a writer', () => {
  const { stage, count } = withLateWaker()
  stage.run(1).run(4)
  assert.equal(count(), 0x003)
  stage.run(2)
  assert.equal(stage.stateOf(2), 'has ended')
  assert.equal(count(), 0x003)
  assert.equal(stage.stateOf(4), 'waits at untilEqual sem.waiter4.granted')
  assert.ok(stage.finish())
  assert.equal(count(), 0)
})

test('a late waker that finds no waiter leaves it at that', () => {
  const { stage, count } = withLateWaker()
  stage.run(1).run(3)
  assert.equal(count(), 0)
  stage.run(2)
  assert.equal(stage.stateOf(2), 'has ended')
  assert.equal(count(), 0)
})
