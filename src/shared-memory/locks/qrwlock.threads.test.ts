import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cpu } from '../cpu.ts'
import { Place } from '../place.ts'
import type { Steps } from '../steps.ts'
import { Stage } from '../testing.contract.ts'
import { PvQSpinLock } from './pv-qspinlock.ts'
import { QRwLock } from './qrwlock.ts'
import type { QSpinLock } from './qspinlock.ts'
import { rwLockContract } from './rw-lock.contract.ts'

rwLockContract({ kind: 'qrwlock', build: (place, cpus) => new QRwLock(place, cpus) })
rwLockContract({
  kind: 'pv-qrwlock',
  build: (place, cpus) => new QRwLock(place, cpus, undefined, (queue) => new PvQSpinLock(queue, cpus)),
})

type Act = (lock: QRwLock, cpu: Cpu) => Steps<unknown>

const reads: Act = function* (lock, cpu) {
  yield* lock.readLock(cpu)
  yield* lock.readUnlock(cpu)
}
const writes: Act = function* (lock, cpu) {
  yield* lock.writeLock(cpu)
  yield* lock.writeUnlock(cpu)
}
const triesToRead: Act = (lock, cpu) => lock.tryReadLock(cpu)
const looks: Act = (lock, cpu) => lock.isContended(cpu)

function onStage(...acts: readonly Act[]) {
  const place = new Place()
  const lock = new QRwLock(place.within('lock'), acts.length)
  const stage = new Stage(
    place,
    acts.map((act) => (cpu: Cpu) => act(lock, cpu)),
  )
  return {
    stage,
    cnts: () => stage.valueOf(lock.cnts),
    waitLock: () => stage.valueOf((lock.waitLock as QSpinLock).val),
  }
}

test('without contention each side takes one access to lock and one to unlock', () => {
  const { stage } = onStage(reads, writes)
  stage.run(0).run(1)
  assert.deepEqual(stage.trace, ['0 add lock.cnts', '0 sub lock.cnts', '1 cas lock.cnts', '1 sub lock.cnts'])
})

test('cnts counts readers by 0x200 and names the writer 0xff', () => {
  const { stage, cnts } = onStage(reads, reads, writes)
  stage.play('01')
  assert.equal(cnts(), 0x400)
  stage.play('0')
  assert.equal(cnts(), 0x200)
  stage.play('1').play('2')
  assert.equal(cnts(), 0xff)
  stage.play('2')
  assert.equal(cnts(), 0)
})

test('a writer that waits for readers sets 0x100 and holds waitLock', () => {
  const { stage, cnts, waitLock } = onStage(reads, reads, writes)
  stage.play('01').run(2)
  assert.equal(cnts(), 0x500)
  assert.equal(waitLock(), 1)
  assert.equal(stage.stateOf(2), 'waits at untilEqual lock.cnts')
  stage.play('0')
  assert.equal(cnts(), 0x300)
  stage.play('1')
  assert.equal(cnts(), 0x100)
  stage.play('22')
  assert.equal(cnts(), 0xff)
  assert.equal(waitLock(), 1)
  stage.play('2')
  assert.equal(waitLock(), 0)
})

test('a writer that waits for a writer finds 0x1ff, and the unlock leaves it 0x100', () => {
  const { stage, cnts } = onStage(writes, writes)
  stage.play('0').run(1)
  assert.equal(cnts(), 0x1ff)
  stage.play('0')
  assert.equal(cnts(), 0x100)
  stage.run(1)
  assert.equal(cnts(), 0)
})

test('a reader that cannot have it takes its count back, and counts itself again as head of the queue', () => {
  const { stage, cnts, waitLock } = onStage(writes, reads)
  stage.play('0').play('1')
  assert.equal(cnts(), 0x2ff)
  stage.play('1')
  assert.equal(cnts(), 0xff)
  stage.run(1)
  assert.equal(cnts(), 0x2ff)
  assert.equal(waitLock(), 1)
  stage.play('0')
  assert.equal(cnts(), 0x200)
  stage.play('11')
  assert.equal(waitLock(), 0)
  assert.equal(cnts(), 0x200)
})

test('a reader that counts itself provisionally makes the waiting writer look again', () => {
  const { stage, cnts } = onStage(reads, writes, triesToRead)
  stage.play('0').run(1)
  // The reader that tries has seen no writer, but adds its count after the writer has set 0x100.
  const late = onStage(reads, writes, triesToRead)
  late.stage.play('0').play('2').run(1)
  late.stage.play('2')
  assert.equal(late.cnts(), 0x500)
  late.stage.play('0')
  assert.equal(late.cnts(), 0x300)
  assert.equal(late.stage.stateOf(1), 'waits at untilEqual lock.cnts')
  late.stage.play('2')
  assert.equal(late.stage.resultOf(2), false)
  assert.equal(late.cnts(), 0x100)
  assert.equal(cnts(), 0x300)
})

test('a count that comes between the end of the wait and the compare-and-swap makes the writer wait again', () => {
  const { stage, cnts } = onStage(reads, writes, reads)
  stage.play('0').run(1)
  stage.play('0').play('1')
  assert.equal(stage.stateOf(1), 'is about to cas lock.cnts')
  stage.play('2').play('1')
  assert.equal(cnts(), 0x300)
  assert.equal(stage.stateOf(1), 'waits at untilEqual lock.cnts')
  stage.play('2').play('11')
  assert.equal(cnts(), 0xff)
  assert.ok(stage.finish())
  assert.equal(cnts(), 0)
})

test('it is contended exactly while a CPU is in a slow path', () => {
  const { stage } = onStage(writes, reads, looks, looks, looks)
  stage.play('0').play('1').play('2')
  assert.equal(stage.resultOf(2), false, 'the reader has not reached waitLock yet')
  stage.run(1).play('3')
  assert.equal(stage.resultOf(3), true)
  stage.play('0').run(1).play('4')
  assert.equal(stage.resultOf(4), false)
})

test('a CPU that only tries is invisible to isContended', () => {
  const { stage } = onStage(writes, triesToRead, looks)
  stage.play('0').run(1).run(2)
  assert.equal(stage.resultOf(1), false)
  assert.equal(stage.resultOf(2), false)
})

test('a CPU that unlocks and locks again queues behind all waiters', () => {
  const twice: Act = function* (lock, cpu) {
    yield* writes(lock, cpu)
    yield* lock.writeLock(cpu)
  }
  const { stage, cnts } = onStage(twice, reads, writes)
  stage.play('0').run(1).run(2)
  stage.run(0)
  assert.equal(stage.stateOf(0), 'waits at untilClear lock.waitLock.val')
  stage.run(1)
  assert.equal(stage.stateOf(1), 'has ended')
  stage.run(2)
  assert.equal(stage.stateOf(2), 'has ended')
  stage.run(0)
  assert.equal(stage.stateOf(0), 'has ended')
  assert.equal(cnts(), 0xff)
})

test('contention is reported on the side that waits', () => {
  const { stage } = onStage(writes, reads, writes)
  stage.play('0').run(1).run(2)
  assert.deepEqual(stage.cpus[1]!.contention, ['begin 0/0'])
  assert.deepEqual(stage.cpus[2]!.contention, ['begin 0/1'])
  assert.ok(stage.finish())
  assert.deepEqual(stage.cpus[1]!.contention, ['begin 0/0', 'end 0/0'])
  assert.deepEqual(stage.cpus[2]!.contention, ['begin 0/1', 'end 0/1'])
})
