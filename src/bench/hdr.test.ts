import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { BUCKETS, bucketOf, CpuRecords } from '../shared-memory/records.ts'
import { decodeV2, edgesOf, histogramOf, valuesAt } from './hdr.ts'
import { Histogram } from './histograms.ts'

function recorded(values: readonly number[]): Histogram {
  const records = CpuRecords.scratch({ cpus: 1, counters: 1, histograms: 1, locks: 0, oracles: 0 })
  for (const value of values) records.record(0, value)
  const histogram = new Histogram()
  histogram.add(records.histogram(0))
  return histogram
}

type Header = { readonly cookie: number; readonly length: number; readonly highest: bigint; readonly ratio: number }

function encoded(payload: Buffer, over: Partial<Header> = {}, outerLength?: number): string {
  const { cookie, length, highest, ratio } = {
    cookie: 0x1c849313,
    length: payload.length,
    highest: 60_000_000_000n,
    ratio: 1,
    ...over,
  }
  const header = Buffer.alloc(40)
  header.writeInt32BE(cookie, 0)
  header.writeInt32BE(length, 4)
  header.writeInt32BE(3, 12)
  header.writeBigInt64BE(1n, 16)
  header.writeBigInt64BE(highest, 24)
  header.writeDoubleBE(ratio, 32)
  const compressed = deflateSync(Buffer.concat([header, payload]))
  const outer = Buffer.alloc(8)
  outer.writeInt32BE(0x1c849314, 0)
  outer.writeInt32BE(outerLength ?? compressed.length, 4)
  return Buffer.concat([outer, compressed]).toString('base64')
}

const values = fc.array(fc.integer({ min: 0, max: 4e12 }), { minLength: 1, maxLength: 100 })

test('a decoded histogram has the percentiles of the recorded values', () => {
  fc.assert(
    fc.property(values, (ns) => {
      const histogram = recorded(ns)
      const decoded = decodeV2(histogram.encode())
      const most = Math.ceil(histogram.max)
      const read = valuesAt(decoded, [0, 50, 90, 99, 99.9, 100]).map((value) => Math.min(value, most))
      assert.deepEqual(read.slice(1), histogram.percentiles(50, 90, 99, 99.9, 100))
      assert.equal(decoded.total, ns.length)
      assert.equal(histogramOf(decoded).totalCount, ns.length)
    }),
  )
})

test('a bucket stands for the values that are put into it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), (ns) => {
      const [low, high] = edgesOf(bucketOf(ns))
      assert.ok(low <= ns && ns <= high)
      assert.deepEqual([bucketOf(low), bucketOf(high)], [bucketOf(ns), bucketOf(ns)])
    }),
  )
})

test('a payload that is not as long as it says, however long that is, is refused at once', () => {
  for (const length of [2 ** 31 - 1, -1, 0, 5]) {
    assert.throws(() => decodeV2(encoded(Buffer.from([2, 2]), { length })), /not as long as it states/)
  }
  assert.throws(() => decodeV2(encoded(Buffer.from([2, 2]), {}, 2 ** 31 - 1)), /not the one that it states/)
})

test('a payload that inflates to more than the largest histogram is refused before it is inflated', () => {
  const bomb = encoded(Buffer.alloc(64 << 20))
  assert.ok(bomb.length < BUCKETS * 9)
  const before = process.memoryUsage().rss
  assert.throws(() => decodeV2(bomb), /longer than a histogram can be/)
  assert.ok(process.memoryUsage().rss - before < 16 << 20)
})

test('runs of empty buckets end with the range, and counts with 2^31', () => {
  const minus = (many: number) => {
    const bytes: number[] = []
    let rest = many * 2 - 1
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
    return Buffer.from([...bytes, rest])
  }
  assert.throws(() => decodeV2(encoded(minus(2 ** 30))), /more buckets than its range/)
  assert.throws(() => decodeV2(encoded(minus(2 ** 45))), /beyond 2\^31/)
  assert.throws(() => decodeV2(encoded(Buffer.from([0x80]))), /cut off/)
  assert.throws(() => decodeV2(encoded(Buffer.from([2]), { highest: 2n ** 62n })), /highest value/)
  assert.throws(() => decodeV2(encoded(Buffer.from([2]), { ratio: 5e-324 })), /ratio/)
})

test('any text is decoded to counts within the range, or refused with a reason', () => {
  const payload = fc.uint8Array({ maxLength: 200 }).map((bytes) => encoded(Buffer.from(bytes)))
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String(), payload), (text) => {
      try {
        const { buckets, counts, total } = decodeV2(text)
        assert.ok(buckets.every((bucket) => bucket < BUCKETS) && counts.every((count) => count > 0))
        assert.equal(
          total,
          counts.reduce((sum, count) => sum + count, 0),
        )
      } catch (error) {
        assert.match((error as Error).message, /^(it|its|one) /)
      }
    }),
  )
})
