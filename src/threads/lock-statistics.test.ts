import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LockId, READ, type Side, WRITE } from '../shared-memory/cpu.ts'
import { CpuRecords } from '../shared-memory/records.ts'
import { LockStatistics, placeOf } from './lock-statistics.ts'

const [MMU_LOCK, SLOTS_LOCK] = [0, 1] as LockId[] as [LockId, LockId]
const LOCKS = 2
const APART_NS = 10_000
const newRecords = () => CpuRecords.scratch({ cpus: 1, counters: 0, histograms: 0, locks: LOCKS, oracles: 0 })
const newWords = () => {
  const words = () => new Int32Array(LOCKS * 2)
  return { untimed: words(), chosen: words(), isTimed: words() }
}

/** Takes and releases a lock so often, each time for so long. */
function hold(statistics: LockStatistics, lock: LockId, side: Side, times: number, ns: number): void {
  const place = placeOf(lock, side)
  for (let time = 0; time < times; time += 1) {
    if (!statistics.passesOver(place)) statistics.holdBegins(place, time * APART_NS)
    if (statistics.isTimed(place)) statistics.holdEnds(place, time * APART_NS + ns)
  }
}

test('each acquisition is counted, also those whose hold is not timed, in the records of its time', () => {
  const [before, after] = [newRecords(), newRecords()]
  const statistics = new LockStatistics(newWords(), LOCKS, 7)
  statistics.recordIn(before)
  hold(statistics, MMU_LOCK, READ, 1003, 300)
  hold(statistics, MMU_LOCK, WRITE, 10, 5000)
  statistics.recordIn(after)
  hold(statistics, MMU_LOCK, READ, 501, 300)
  hold(statistics, SLOTS_LOCK, WRITE, 3, 5000)
  statistics.recordIn(undefined)
  assert.equal(before.lock(MMU_LOCK, READ).acquisitions, 1003)
  assert.equal(after.lock(MMU_LOCK, READ).acquisitions, 501)
  assert.equal(before.lock(MMU_LOCK, WRITE).acquisitions, 10)
  assert.equal(after.lock(SLOTS_LOCK, WRITE).acquisitions, 3)
})

test('the time of a hold is that of the timed ones, whose number is told', () => {
  const records = newRecords()
  const statistics = new LockStatistics(newWords(), LOCKS, 7)
  statistics.recordIn(records)
  hold(statistics, MMU_LOCK, READ, 1600, 300)
  const { holds, holdTotalNs, holdMaxNs } = records.lock(MMU_LOCK, READ)
  assert.ok(holds > 60 && holds < 180, `${holds}`)
  assert.equal(holdTotalNs, holds * 300)
  assert.equal(holdMaxNs, 300)
})

test('a CPU of no run times every hold', () => {
  const records = newRecords()
  const statistics = new LockStatistics(newWords(), LOCKS, undefined)
  statistics.recordIn(records)
  hold(statistics, MMU_LOCK, READ, 1600, 300)
  assert.equal(records.lock(MMU_LOCK, READ).holds, 1600)
})

test('the hold of another CPU object, which has begun before this one was there, is not timed', () => {
  const records = newRecords()
  const words = newWords()
  const [first, second] = [new LockStatistics(words, LOCKS, 7), new LockStatistics(words, LOCKS, 7)]
  first.holdBegins(placeOf(MMU_LOCK, READ), 100)
  second.recordIn(records)
  second.holdEnds(placeOf(MMU_LOCK, READ), 400)
  assert.equal(records.lock(MMU_LOCK, READ).holds, 0)
  assert.equal(second.isTimed(placeOf(MMU_LOCK, READ)), false)
})
