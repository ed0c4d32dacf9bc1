import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Int32Histogram } from 'hdr-histogram-js'
import { BUCKETS, bucketOf, CpuRecords, HIGHEST_NS, Records, type Shape } from './records.ts'

const theirs = new Int32Histogram(1, HIGHEST_NS, 3)
const theirBucketOf = (ns: number) => theirs.countsArrayIndex(ns)

const SHAPE: Shape = { cpus: 3, counters: 5, histograms: 2, locks: 3, oracles: 4 }

test('the bucket of a value is the one of hdr-histogram-js', () => {
  assert.equal(theirs.countsArrayLength, BUCKETS)
  const anywhere = fc.tuple(fc.integer({ min: 0, max: 35 }), fc.double({ min: 0, max: 1, noNaN: true }))
  fc.assert(
    fc.property(anywhere, ([bits, share]) => {
      const ns = Math.min(HIGHEST_NS, Math.floor(2 ** bits * (1 + share)))
      assert.equal(bucketOf(ns), theirBucketOf(ns), `${ns}`)
    }),
    { numRuns: 20_000 },
  )
})

test('the bucket is right on both sides of every power of two, beyond 2^32 as well', () => {
  for (let bits = 0; 2 ** bits < HIGHEST_NS; bits += 1) {
    for (const ns of [2 ** bits - 1, 2 ** bits, 2 ** bits + 1]) assert.equal(bucketOf(ns), theirBucketOf(ns), `${ns}`)
  }
  assert.equal(bucketOf(HIGHEST_NS), theirBucketOf(HIGHEST_NS))
  assert.ok(bucketOf(HIGHEST_NS) < BUCKETS)
})

test('percentiles read by hdr-histogram-js over our buckets are those of its own recording', () => {
  const value = fc.integer({ min: 0, max: 40 }).chain((bits) => fc.integer({ min: 0, max: Math.floor(2 ** bits) }))
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 300 }), (values) => {
      const ours = CpuRecords.scratch(SHAPE)
      const own = new Int32Histogram(1, HIGHEST_NS, 3)
      for (const ns of values) {
        ours.record(1, ns)
        own.recordValue(Math.min(ns, HIGHEST_NS))
      }
      const over = new Int32Histogram(1, HIGHEST_NS, 3)
      over._counts = ours.histogram(1).buckets
      over.establishInternalTackingValues()
      assert.equal(over.totalCount, values.length)
      for (const share of [0, 1, 25, 50, 90, 99, 99.9, 100]) {
        assert.equal(over.getValueAtPercentile(share), own.getValueAtPercentile(share), `${share} %`)
      }
    }),
    { numRuns: 50 },
  )
})

test('beside its buckets a histogram keeps count, total, least and greatest exactly', () => {
  const records = CpuRecords.scratch(SHAPE)
  for (const ns of [12_345.5, 7, 1_000_001]) records.record(0, ns)
  const { count, total, min, max } = records.histogram(0)
  assert.deepEqual({ count, total, min, max }, { count: 3, total: 1_012_353.5, min: 7, max: 1_000_001 })
  assert.equal(records.histogram(1).count, 0)
})

test('a value outside the range is counted at its end', () => {
  const records = CpuRecords.scratch(SHAPE)
  records.record(0, -5)
  records.record(0, HIGHEST_NS * 2)
  const { buckets } = records.histogram(0)
  assert.equal(buckets[0], 1)
  assert.equal(buckets[bucketOf(HIGHEST_NS)], 1)
})

test('what CPUs record stays apart, and the main thread reads it in place', () => {
  const buffers = Records.buffers(SHAPE, ArrayBuffer)
  const main = new Records(SHAPE, buffers)
  for (const id of [0, 1, 2]) {
    const cpu = new Records(SHAPE, buffers).of(id)
    cpu.counters[4]! += id + 1
    cpu.record(1, 100 * (id + 1))
    cpu.acquired(2, 1)
    cpu.held(2, 1, 10 * (id + 1))
    cpu.violation(3, 40 + id)
  }
  for (const id of [0, 1, 2]) {
    const read = main.of(id)
    assert.deepEqual([...read.counters], [0, 0, 0, 0, id + 1])
    assert.equal(read.histogram(0).count, 0)
    assert.equal(read.histogram(1).buckets[100 * (id + 1)], 1)
    assert.equal(read.lock(2, 1).holdTotalNs, 10 * (id + 1))
    assert.equal(read.lock(2, 0).acquisitions, 0)
    assert.equal(read.lock(1, 1).acquisitions, 0)
    assert.deepEqual(read.violations(3), { count: 1, value: 40 + id })
    assert.deepEqual(read.violations(2), { count: 0, value: 0 })
  }
})

test('a violated oracle keeps the value of the first time', () => {
  const records = CpuRecords.scratch(SHAPE)
  records.violation(1, 77)
  records.violation(1, 78)
  assert.deepEqual(records.violations(1), { count: 2, value: 77 })
})

test('of a lock the least and the greatest wait are kept', () => {
  const records = CpuRecords.scratch(SHAPE)
  for (const ns of [30, 10, 20]) records.waited(1, 0, ns)
  const { waitMinNs, waitMaxNs, waitTotalNs } = records.lock(1, 0)
  assert.deepEqual({ waitMinNs, waitMaxNs, waitTotalNs }, { waitMinNs: 10, waitMaxNs: 30, waitTotalNs: 60 })
})
