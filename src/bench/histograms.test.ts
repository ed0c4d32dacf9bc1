import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeFromCompressedBase64, Int32Histogram } from 'hdr-histogram-js'
import { CpuRecords } from '../shared-memory/records.ts'
import { Histogram } from './histograms.ts'

const SHAPE = { cpus: 1, counters: 1, histograms: 1, locks: 0, oracles: 0 }
const values = fc.array(fc.integer({ min: 0, max: 60_000_000_000 }), { minLength: 1, maxLength: 200 })

function recorded(ns: readonly number[]): Histogram {
  const records = CpuRecords.scratch(SHAPE)
  for (const value of ns) records.record(0, value)
  const histogram = new Histogram()
  histogram.add(records.histogram(0))
  return histogram
}

test('percentiles are those of hdr-histogram-js recording the same values', () => {
  fc.assert(
    fc.property(values, (ns) => {
      const theirs = new Int32Histogram(1, 60e9, 3)
      for (const value of ns) theirs.recordValue(value)
      const expected = [50, 90, 99, 99.9].map((p) => Math.min(theirs.getValueAtPercentile(p), Math.max(...ns)))
      assert.deepEqual(recorded(ns).percentiles(50, 90, 99, 99.9), expected)
    }),
  )
})

test('count, minimum, maximum and mean are exact', () => {
  const histogram = recorded([5, 12_345_678, 1_000])
  assert.deepEqual([histogram.count, histogram.min, histogram.max], [3, 5, 12_345_678])
  assert.equal(histogram.mean, (5 + 12_345_678 + 1_000) / 3)
})

test('histograms of two workers add up to that of one that recorded everything', () => {
  fc.assert(
    fc.property(values, values, (one, other) => {
      const sum = recorded(one)
      sum.addAll(recorded(other))
      assert.equal(sum.encode(), recorded([...one, ...other]).encode())
    }),
  )
})

test('what is encoded is decoded by another implementation to the same percentiles', () => {
  fc.assert(
    fc.property(values, (ns) => {
      const ours = recorded(ns)
      const theirs = decodeFromCompressedBase64(ours.encode())
      assert.equal(theirs.totalCount, ns.length)
      const read = [50, 90, 99, 99.9].map((p) => Math.min(theirs.getValueAtPercentile(p), Math.max(...ns)))
      assert.deepEqual(read, ours.percentiles(50, 90, 99, 99.9))
    }),
  )
})

test('the encoded header has a normalising offset of 0 and a conversion ratio of 1', async () => {
  const { inflateSync } = await import('node:zlib')
  const outer = Buffer.from(recorded([1, 2, 3]).encode(), 'base64')
  const inner = inflateSync(outer.subarray(8))
  assert.equal(outer.readInt32BE(0), 0x1c849314)
  assert.equal(inner.readInt32BE(0), 0x1c849313)
  assert.equal(inner.readInt32BE(8), 0)
  assert.equal(inner.readInt32BE(12), 3)
  assert.equal(inner.readDoubleBE(32), 1)
  assert.deepEqual([...inner.subarray(40)], [0, 2, 2, 2])
})

test('what is encoded is, inflated, what the Java implementation encodes', async () => {
  const { inflateSync } = await import('node:zlib')
  // org.hdrhistogram:HdrHistogram 2.2.2, Histogram(1, 60e9, 3), these values recorded, encodeIntoCompressedByteBuffer.
  const java: [number[], string][] = [
    [[1, 2, 3], 'HISTFAAAACR4nJNpmSzMwMDAwgABzFCaEYh5f7hHMNh/gIowMTEBAF33BCg='],
    [[100, 200, 5000, 1_000_000], 'HISTFAAAAC14nJNpmSzMwMDAwwABzFCaEYh5f7hHMNh/gAgcZ2Q6ysi00YDpdxUTAJneCBY='],
    [[0, 0, 2047, 2048, 2050, 59_999_999_999], 'HISTFAAAACt4nJNpmSzMwMDAxQABzFCaEYh5f7hHMNh/gAiw/JZnYmL63M3MBACHRQbP'],
    [
      [5, 7, 9, 9, 9, 123_456, 123_457, 4_294_967_295, 4_294_967_296],
      'HISTFAAAAC94nJNpmSzMwMDAxwABzFCaEYh5f7hHMNh/gAhwMjEwMbD9rWV5+ZGRiQkAnb4HnA==',
    ],
  ]
  const inflated = (text: string) => inflateSync(Buffer.from(text, 'base64').subarray(8)).toString('hex')
  for (const [ns, text] of java) assert.equal(inflated(recorded(ns).encode()), inflated(text))
})
