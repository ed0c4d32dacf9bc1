import assert from 'node:assert/strict'
import test from 'node:test'
import { pooledTimes } from './pooled-times.ts'
import type { RecordedTimes } from './recorded-times.ts'

const told = (ns: number, holds: readonly number[], flushNs: number | null): RecordedTimes => ({
  toSpte: { ns, samples: holds.length },
  toRelease: null,
  neighboursNs: ns,
  toSpteNs: Float64Array.from(holds),
  toReleaseNs: new Float64Array(0),
  firstReleaseNs: new Float64Array(0),
  flush: flushNs === null ? null : { ns: flushNs, samples: 9 },
  zap: null,
  cycle: null,
})

test('recordings have equal weight at any length, and a time that only one shows is used', () => {
  const long = Array.from({ length: 10_000 }, () => 1000)
  const { toSpte, toSpteNs, flush, zap } = pooledTimes([told(100, long, null), told(300, [3000, 5000], 12_000)])
  assert.deepEqual(toSpte, { ns: 200, samples: 10_002 })
  assert.deepEqual([...new Set(toSpteNs)], [2000, 3000])
  assert.deepEqual(flush, { ns: 12_000, samples: 9 })
  assert.equal(zap, null)
})

test('one disturbed recording does not determine the tail of all', () => {
  const quiet = Array.from({ length: 100 }, (_, at) => (at < 98 ? 1000 : 2000))
  const disturbed = Array.from({ length: 100 }, (_, at) => (at < 98 ? 1000 : 60_000))
  const { toSpteNs } = pooledTimes([told(1, quiet, null), told(1, quiet, null), told(1, disturbed, null)])
  assert.equal(Math.max(...toSpteNs), 2000)
})

test('the pool of one recording has its distribution', () => {
  const { toSpteNs } = pooledTimes([told(1, [1, 2, 3, 4], null)])
  for (const ns of [1, 2, 3, 4]) assert.equal(toSpteNs.filter((each) => each === ns).length, toSpteNs.length / 4)
})
