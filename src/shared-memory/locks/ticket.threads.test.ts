import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Crew, type Member } from '../../threads/crew.contract.ts'
import { Place } from '../place.ts'
import { Stage } from '../testing.contract.ts'
import { lockContract } from './lock.contract.ts'
import { TicketLock } from './ticket.ts'

lockContract({ kind: 'ticket', build: (place) => new TicketLock(place), isFair: true, contended: 2 })

const LAST = -1

test('tickets wrap at 2^32 while the lock is held and waited for', () => {
  const place = new Place()
  const lock = new TicketLock(place)
  const memory = new Int32Array(place.words)
  memory[lock.next] = LAST
  memory[lock.serving] = LAST
  const stage = new Stage(
    place,
    [0, 1, 2].map(() => (cpu) => lock.acquire(cpu)),
    memory,
  )
  stage.run(0).run(1).run(2)
  assert.deepEqual([stage.valueOf(lock.next), stage.valueOf(lock.serving)], [2, LAST])
  assert.deepEqual(
    [0, 1, 2].map((actor) => stage.stateOf(actor)),
    ['has ended', 'waits at untilEqual serving', 'waits at untilEqual serving'],
  )
})

test('on threads, too, tickets wrap at 2^32', async () => {
  await using crew = await Crew.of({ kind: 'ticket' }, 3)
  const { next, serving } = crew.lock as TicketLock
  crew.memory.words[next] = LAST - 1
  crew.memory.words[serving] = LAST - 1
  const [a, b, c] = crew.members as [Member, Member, Member]
  await a.do('acquire')
  await b.queue('acquire')
  await c.queue('acquire')
  for (const member of [a, b, c]) {
    await member.done()
    await member.do('release')
  }
  assert.deepEqual([crew.valueOf(next), crew.valueOf(serving)], [1, 1])
  assert.equal(await a.do('tryAcquire'), 1)
  assert.equal(await b.do('tryAcquire'), 0)
})

test('a try that comes too late for its ticket takes none', () => {
  const place = new Place()
  const lock = new TicketLock(place)
  const stage = new Stage(place, [(cpu) => lock.tryAcquire(cpu), (cpu) => lock.acquire(cpu)])
  stage.play('0').run(1).run(0)
  assert.equal(stage.resultOf(0), false)
  assert.equal(stage.valueOf(lock.next), 1)
})

test('a try fails on a held lock whose next ticket is the smaller number', () => {
  const place = new Place()
  const lock = new TicketLock(place)
  const memory = new Int32Array(place.words)
  memory[lock.serving] = 2 ** 31 - 1
  memory[lock.next] = -(2 ** 31)
  const stage = new Stage(place, [(cpu) => lock.tryAcquire(cpu)], memory)
  assert.equal(stage.run(0).resultOf(0), false)
  assert.equal(stage.valueOf(lock.next), -(2 ** 31))
})
