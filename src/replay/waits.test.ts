import assert from 'node:assert/strict'
import test from 'node:test'
import { NO_RWLOCK, Waits } from './waits.ts'

const SPIN = 1
const WRITE = 2
const MUTEX = 3
const SPIN_MUTEX = 4
const MMU_LOCK = 7

function recordedBy(waits: Waits): Record<string, number[]> {
  const found: Record<string, number[]> = {}
  waits.each((flags, rwlock, column) => {
    found[`${flags}/${rwlock}`] = Array.from({ length: column.length }, (_, index) => column.at(index))
  })
  return found
}

test('a wait that is nested in another one is a wait of its own', () => {
  const waits = new Waits()
  waits.begin(100, 0xa, WRITE, MMU_LOCK, false)
  waits.begin(110, 0xb, SPIN, NO_RWLOCK, false)
  assert.equal(waits.end(130, 0xb), NO_RWLOCK)
  assert.equal(waits.end(200, 0xa), MMU_LOCK)
  assert.deepEqual(recordedBy(waits), { '1/0': [20], '2/7': [100] })
  assert.equal(waits.unpaired, 0)
})

test('a mutex that is spun on, slept on and spun on again is waited for once', () => {
  const waits = new Waits()
  waits.begin(100, 0xa, SPIN_MUTEX, NO_RWLOCK, true)
  waits.begin(150, 0xa, MUTEX, NO_RWLOCK, true)
  waits.begin(180, 0xa, SPIN_MUTEX, NO_RWLOCK, true)
  waits.end(200, 0xa)
  assert.deepEqual(recordedBy(waits), { '4/0': [100] })
  assert.equal(waits.unpaired, 0)
})

test('a spinning wait that begins twice has lost its end', () => {
  const waits = new Waits()
  waits.begin(100, 0xa, WRITE, MMU_LOCK, false)
  waits.begin(5000, 0xa, WRITE, MMU_LOCK, false)
  waits.end(5010, 0xa)
  assert.deepEqual(recordedBy(waits), { '2/7': [10] })
  assert.equal(waits.unpaired, 1)
})

test('ends without a begin and begins without an end are counted and leave no wait', () => {
  const waits = new Waits()
  waits.end(50, 0xa)
  waits.begin(100, 0xa, WRITE, MMU_LOCK, false)
  waits.begin(110, 0xb, SPIN, NO_RWLOCK, false)
  waits.end(120, 0xa)
  assert.deepEqual(recordedBy(waits), { '2/7': [20] })
  assert.equal(waits.unpaired, 2)
  waits.begin(200, 0xc, SPIN, NO_RWLOCK, false)
  assert.equal(waits.underWay, 1)
  waits.forget()
  assert.equal(waits.underWay, 0)
  assert.equal(waits.unpaired, 3)
})
