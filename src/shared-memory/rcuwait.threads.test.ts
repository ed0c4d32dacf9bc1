import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Crew, type Member } from '../threads/crew.contract.ts'
import type { Cpu, Word } from './cpu.ts'
import { Place } from './place.ts'
import { RcuWait } from './rcuwait.ts'
import type { Steps } from './steps.ts'
import { Stage } from './testing.contract.ts'

type Act = (cpu: Cpu, wait: RcuWait, condition: Word) => Steps<unknown>

/** `rcuwait_wait_event()`: marks itself asleep, looks, sleeps. */
const waits: Act = function* (cpu, wait, condition) {
  yield* wait.prepare(cpu)
  for (;;) {
    yield* wait.setUninterruptible(cpu)
    const holds = yield* cpu.load(condition)
    if (holds !== 0) break
    yield* wait.schedule(cpu)
  }
  yield* wait.finish(cpu)
}

/** The two turned round: looks, then marks itself asleep. */
const looksFirst: Act = function* (cpu, wait, condition) {
  yield* wait.prepare(cpu)
  for (;;) {
    const holds = yield* cpu.load(condition)
    if (holds !== 0) break
    yield* wait.setUninterruptible(cpu)
    yield* wait.schedule(cpu)
  }
  yield* wait.finish(cpu)
}

const wakes: Act = function* (cpu, wait, condition) {
  yield* cpu.store(condition, 1)
  return yield* wait.wakeUp(cpu)
}

/** The two turned round: wakes, then makes the condition true. */
const wakesFirst: Act = function* (cpu, wait, condition) {
  const woken = yield* wait.wakeUp(cpu)
  yield* cpu.store(condition, 1)
  return woken
}

function onStage(...acts: readonly Act[]) {
  const place = new Place()
  const wait = new RcuWait(place)
  const condition = place.line('condition')
  const stage = new Stage(
    place,
    acts.map((act) => (cpu: Cpu) => act(cpu, wait, condition)),
  )
  return { stage, wait }
}

test('a waiter sleeps until it is woken', () => {
  const { stage, wait } = onStage(waits, wakes)
  stage.run(0)
  assert.equal(stage.stateOf(0), 'waits at untilEqual state')
  assert.equal(stage.valueOf(wait.task), 1)
  assert.equal(stage.run(1).resultOf(1), true)
  stage.run(0)
  assert.equal(stage.stateOf(0), 'has ended')
  assert.deepEqual([stage.valueOf(wait.task), stage.valueOf(wait.state)], [0, 0])
})

test('without a waiter no task is woken', () => {
  const { stage } = onStage(wakes)
  assert.equal(stage.run(0).resultOf(0), false)
})

test('a waiter that has not marked itself asleep is there, but is not woken', () => {
  const { stage } = onStage(waits, wakes)
  stage.play('0').run(1)
  assert.equal(stage.resultOf(1), false)
  stage.run(0)
  assert.equal(stage.stateOf(0), 'has ended')
})

test('a wake-up between the look and the sleep is not lost', () => {
  const { stage } = onStage(waits, wakes)
  stage.play('000').run(1).run(0)
  assert.equal(stage.stateOf(0), 'has ended')
})

test('no schedule loses the wake-up', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1), { maxLength: 12 }), (numbers) => {
      assert.ok(onStage(waits, wakes).stage.pick(numbers).finish())
    }),
  )
})

test('a waiter that looks before it marks itself asleep sleeps for ever', () => {
  const { stage } = onStage(looksFirst, wakes)
  stage.play('00').run(1)
  assert.equal(stage.finish(), false)
  assert.equal(stage.stateOf(0), 'waits at untilEqual state')
})

test('a waker that wakes before it makes the condition true leaves the waiter asleep', () => {
  const { stage } = onStage(waits, wakesFirst)
  stage.run(0).play('111').run(0)
  assert.equal(stage.stateOf(0), 'waits at untilEqual state')
  assert.equal(stage.finish(), false)
})

test('a thread sleeps until another one wakes it', async () => {
  await using crew = await Crew.of({ kind: 'rcuwait' }, 2, 0)
  const [waiter, waker] = crew.members as [Member, Member]
  assert.equal(await waker.do('wakeUp'), 0)
  for (let round = 0; round < 20; round += 1) {
    await waiter.do('prepare')
    await waiter.do('setUninterruptible')
    await waiter.queue('schedule')
    assert.equal(await waker.do('wakeUp'), 1)
    await waiter.done()
    await waiter.do('finish')
    assert.equal(await waker.do('wakeUp'), 0)
  }
})
