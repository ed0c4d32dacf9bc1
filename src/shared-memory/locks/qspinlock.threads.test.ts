import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cpu } from '../cpu.ts'
import { Place } from '../place.ts'
import { Stage, StagedCpu } from '../testing.contract.ts'
import { lockContract } from './lock.contract.ts'
import { GENERIC_PENDING_LOOPS, LOCKED, PENDING, QSpinLock, X86_PENDING_LOOPS } from './qspinlock.ts'

// The first of two waiters waits on the pending bit, which the kernel does not trace.
lockContract({ kind: 'qspinlock', build: (place, cpus) => new QSpinLock(place, cpus), isFair: true, contended: 1 })

const tailOf = (cpu: number) => (cpu + 1) << 18

/** Each actor takes the lock, and then releases it. */
function onStage(cpus: number, pendingLoops?: number) {
  const place = new Place()
  const lock = new QSpinLock(place.within('lock'), cpus, pendingLoops)
  const both = (cpu: Cpu) =>
    (function* () {
      yield* lock.acquire(cpu)
      yield* lock.release(cpu)
    })()
  const stage = new Stage(
    place,
    Array.from({ length: cpus }, () => both),
  )
  return { stage, lock, val: () => stage.valueOf(lock.val) }
}

test('without contention a pair is one compare-and-swap and one subtraction', () => {
  const { stage, val } = onStage(1)
  stage.play('0')
  assert.equal(val(), LOCKED)
  stage.play('0')
  assert.equal(val(), 0)
  assert.deepEqual(stage.trace, ['0 cas lock.val', '0 sub lock.val'])
})

test('the first waiter sets the pending bit and gets the lock through it', () => {
  const { stage, val } = onStage(2)
  stage.play('0').run(1)
  assert.equal(val(), LOCKED | PENDING)
  assert.equal(stage.stateOf(1), 'waits at untilClear lock.val')
  stage.play('0')
  assert.equal(val(), PENDING)
  stage.play('1')
  assert.equal(val(), PENDING)
  stage.play('1')
  assert.equal(val(), LOCKED)
  assert.deepEqual(stage.cpus[1]!.contention, [])
})

test('a CPU that meets a hand-over queues after one look, and on x86 after 512', () => {
  const met = (pendingLoops: number) => {
    const { stage } = onStage(3, pendingLoops)
    stage.play('0').run(1).play('0').play('2').play('2').play('1').play('1').run(2)
    return [stage.stateOf(2), stage.cpus[2]!.contention.length > 0]
  }
  assert.deepEqual(met(X86_PENDING_LOOPS), ['waits at untilClear lock.val', false])
  assert.deepEqual(met(GENERIC_PENDING_LOOPS), ['waits at untilClear lock.val', true])
})

test('further waiters queue, each on a line of its own', () => {
  const { stage, val } = onStage(4)
  stage.play('0').run(1).run(2)
  assert.equal(val(), LOCKED | PENDING | tailOf(2))
  assert.equal(stage.stateOf(2), 'waits at untilClear lock.val')
  stage.run(3)
  assert.equal(val(), LOCKED | PENDING | tailOf(3))
  assert.equal(stage.stateOf(3), 'waits at untilEqual lock.node3.locked')
  assert.deepEqual(stage.cpus[2]!.contention, ['begin 0/1'])
})

test('the head waits for the owner and for the pending waiter, and hands the head on', () => {
  const { stage, val } = onStage(4)
  stage.play('0').run(1).run(2).run(3)
  stage.play('0')
  assert.equal(val(), PENDING | tailOf(3))
  assert.equal(stage.stateOf(2), 'waits at untilClear lock.val')
  stage.run(1)
  assert.equal(val(), tailOf(3))
  stage.run(2)
  assert.equal(val(), tailOf(3))
  assert.equal(stage.stateOf(2), 'has ended')
  assert.equal(stage.stateOf(3), 'is about to untilEqual lock.node3.locked')
  stage.run(3)
  assert.equal(val(), 0)
})

test('the last in the queue takes the tail with it', () => {
  const { stage, val } = onStage(3)
  stage.play('0').run(1).run(2)
  stage.play('0').run(1)
  assert.equal(val(), tailOf(2))
  stage.play('22')
  assert.equal(val(), LOCKED)
})

test('a tail that changes while the head takes the lock stays', () => {
  const { stage, val } = onStage(4)
  stage.play('0').run(1).run(2)
  stage.play('0').run(1)
  // The head has seen itself as the last; another one queues before its compare-and-swap.
  stage.play('2').run(3)
  assert.equal(val(), tailOf(3))
  stage.play('22')
  assert.equal(val(), tailOf(3) | LOCKED)
  assert.ok(stage.finish())
  assert.equal(val(), 0)
})

test('a newcomer does not overtake the pending waiter between release and hand-over', () => {
  const { stage, val } = onStage(3)
  stage.play('0').run(1)
  stage.play('0')
  assert.equal(val(), PENDING)
  stage.run(2)
  assert.equal(val(), PENDING | tailOf(2))
  stage.play('11')
  assert.equal(val(), LOCKED | tailOf(2))
})

test('a newcomer that sees the hand-over looks once more', () => {
  const { stage, val } = onStage(3)
  stage.play('0').run(1)
  stage.play('0')
  // Its compare-and-swap meets 0,1,0; the pending waiter takes the lock; the second look meets 0,0,1.
  stage.play('2').play('11').play('22')
  assert.equal(val(), LOCKED | PENDING)
  assert.deepEqual(stage.cpus[2]!.contention, [])
})

test('when two CPUs set the pending bit the second leaves it to the first', () => {
  const { stage, val } = onStage(3)
  stage.play('0').play('1').play('2')
  stage.play('1').play('2')
  assert.equal(val(), LOCKED | PENDING)
  stage.run(2)
  assert.equal(val(), LOCKED | PENDING | tailOf(2))
})

test('a CPU that sets the pending bit behind a queue takes it back', () => {
  const { stage, val } = onStage(4)
  stage.play('0').play('3')
  stage.run(1).run(2)
  stage.play('0').run(1)
  // 3 saw the lock held and no waiter; meanwhile 2 is the head of the queue.
  assert.equal(val(), tailOf(2))
  stage.play('3')
  assert.equal(val(), tailOf(2) | PENDING)
  stage.play('3')
  assert.equal(val(), tailOf(2))
  assert.ok(stage.finish())
})

test('any bit makes it locked, a waiter without an owner too', () => {
  const place = new Place()
  const lock = new QSpinLock(place, 1)
  for (const [val, isLocked] of [
    [0, false],
    [LOCKED, true],
    [PENDING, true],
    [tailOf(0), true],
  ] as const) {
    const memory = new Int32Array(place.words)
    memory[lock.val] = val
    assert.equal(new Stage(place, [(cpu) => lock.isLocked(cpu)], memory).run(0).resultOf(0), isLocked)
  }
})

test('the tail names any of 16383 CPUs', () => {
  const place = new Place()
  const lock = new QSpinLock(place, 16_383)
  const memory = new Int32Array(place.words)
  const stage = new Stage(
    place,
    [0, 1, 8191, 16_382, 1023].map((id) => () => lock.acquire(new StagedCpu(id, memory))),
    memory,
  )
  for (const actor of [0, 1, 2, 3, 4]) stage.run(actor)
  for (const actor of [1, 2, 3, 4]) {
    assert.match(stage.stateOf(actor), /^waits/)
    memory[lock.val]! -= LOCKED
    stage.run(actor)
    if (actor < 4) stage.run(actor + 1)
    assert.equal(stage.stateOf(actor), 'has ended')
  }
  assert.equal(memory[lock.val], LOCKED)
})
