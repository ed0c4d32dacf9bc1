import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { READ, WRITE } from '../shared-memory/cpu.ts'
import { QRwLock } from '../shared-memory/locks/qrwlock.ts'
import type { QSpinLock } from '../shared-memory/locks/qspinlock.ts'
import { TicketLock } from '../shared-memory/locks/ticket.ts'
import { Place } from '../shared-memory/place.ts'
import { Crew, type Member } from './crew.contract.ts'
import { Status } from './status.ts'
import { describeWait, Watchdog } from './watchdog.ts'

function machine() {
  const place = new Place()
  const mmuLock = new QRwLock(place.within('mmuLock'), 2)
  const slots = new TicketLock(place.within('slots'))
  const words = new Int32Array(place.words)
  const status = Status.forCpus(2)
  const cpu = status.writer(1)
  return { mmuLock, slots, words, cpu, text: () => describeWait(status.of(1), place, words) }
}

test('a wait is told by word, value and what it waits for', () => {
  const { mmuLock, words, cpu, text } = machine()
  words[mmuLock.cnts] = 0x2ff
  cpu.waitBegin(mmuLock.cnts, -1, 0x100)
  assert.equal(text(), 'waits for mmuLock.cnts (0x2ff) to become 0x100')
})

test('a wait under a mask tells the mask', () => {
  const { mmuLock, words, cpu, text } = machine()
  words[mmuLock.cnts] = -1
  cpu.waitBegin(mmuLock.cnts, 0xff, 0)
  assert.equal(text(), 'waits for mmuLock.cnts (0xffffffff) to become 0x0 under 0xff')
})

test('a sleep tells what it must change from', () => {
  const { slots, words, cpu, text } = machine()
  words[slots.serving] = 2
  cpu.parkBegin(slots.serving, 2)
  assert.equal(text(), 'waits for slots.serving (0x2) to change from 0x2')
})

test('a wait in a slow path tells which lock it is for, and which side', () => {
  const { mmuLock, slots, cpu, text } = machine()
  cpu.contentionBegin(mmuLock.id, READ)
  cpu.waitBegin(mmuLock.cnts, 0xff, 0)
  assert.match(text(), /, to take mmuLock for read$/)
  cpu.waitEnd()
  cpu.contentionEnd(mmuLock.id)
  cpu.contentionBegin(slots.id, WRITE)
  cpu.waitBegin(slots.serving, -1, 3)
  assert.match(text(), /, to take slots$/)
})

test('a lock within a lock is reported as the outer one, until the slow path of the outer one ends', () => {
  const { mmuLock, cpu, text } = machine()
  cpu.contentionBegin(mmuLock.id, WRITE)
  cpu.contentionBegin(mmuLock.waitLock.id, WRITE)
  cpu.waitBegin((mmuLock.waitLock as QSpinLock).val, 0x1ff, 0)
  assert.match(text(), /^waits for mmuLock.waitLock.val .*, to take mmuLock for write$/)
  cpu.waitEnd()
  cpu.contentionEnd(mmuLock.waitLock.id)
  cpu.waitBegin(mmuLock.cnts, -1, 0x100)
  assert.match(text(), /^waits for mmuLock.cnts .*, to take mmuLock for write$/)
})

test('a worker that waits for no word is said to be busy', () => {
  const { cpu, mmuLock, text } = machine()
  cpu.waitBegin(mmuLock.cnts, -1, 0)
  cpu.waitEnd()
  assert.equal(text(), 'waits on no word: it is busy, or was never scheduled')
})

test('what a thread waits for is read while it waits', async () => {
  await using crew = await Crew.of({ kind: 'qrwlock' }, 2)
  const [owner, waiter] = crew.members as [Member, Member]
  await owner.do('readLock')
  await waiter.queue('writeLock')
  assert.equal(waiter.state, 'waits for qrwlock.cnts (0x300) to become 0x100, to take qrwlock for write')
})

test('a parked thread is reported with the value that its word must change from, and the release wakes it', async () => {
  await using crew = await Crew.of({ kind: 'mutex' }, 2)
  const [owner, waiter] = crew.members as [Member, Member]
  await owner.do('acquire')
  await waiter.queue('acquire')
  assert.equal(waiter.state, 'waits for mutex.state (0x2) to change from 0x2, to take mutex')
  await owner.do('release')
  await waiter.done()
})

test('the watchdog finds the worker that has been silent longest, once that is too long', (t) => {
  let now = 1000
  t.mock.method(performance, 'now', () => now)
  const status = Status.forCpus(3)
  const cpus = [0, 1, 2].map((cpu) => status.writer(cpu))
  const watchdog = new Watchdog(status, 3, 500)
  cpus[1]!.beat()
  cpus[2]!.waitBegin(7, -1, 0)
  assert.equal(watchdog.look(), undefined)
  now = 1400
  cpus[0]!.beat()
  assert.equal(watchdog.look(), undefined)
  now = 1501
  const { cpu, forMs, standing } = watchdog.look()!
  assert.deepEqual({ cpu, forMs, word: standing.word }, { cpu: 1, forMs: 501, word: -1 })
  cpus[1]!.beat()
  assert.equal(watchdog.look()!.cpu, 2)
  cpus[2]!.waitBegin(7, -1, 0)
  assert.equal(watchdog.look(), undefined)
  mock.restoreAll()
})
