import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Histogram } from '../bench/histograms.ts'
import type { Run } from '../bench/result.ts'
import { SCENARIOS } from '../bench/scenarios/all.ts'
import { BUCKETS, bucketOf } from '../shared-memory/records.ts'
import { latencyLines } from './latency-text.ts'

const precheck = SCENARIOS.find(({ name }) => name === 'precheck')

function runOf(variant: string, samples: readonly number[]): Run {
  const buckets = new Uint32Array(BUCKETS)
  for (const ns of samples) buckets[bucketOf(ns)]! += 1
  const histogram = new Histogram()
  const total = samples.reduce((sum, ns) => sum + ns, 0)
  histogram.add({ buckets, count: samples.length, total, min: Math.min(...samples), max: Math.max(...samples) })
  return { variant, histograms: { fault_latency_ns: histogram.summary() } } as unknown as Run
}

const tailed = (slow: number) => Array.from({ length: 1000 }, (_, index) => (index < 990 ? 1000 : slow))

test('each variant has a curve by percentile, and all of them one scale', () => {
  const [says, ...curves] = latencyLines([runOf('old', tailed(1_000_000)), runOf('new', tailed(1000))], precheck)
  assert.match(says!, /^fault latency by percentile, p0 to p99\.9/)
  assert.match(curves[0]!, /^old {2}▁{20,21}█{10,11} {2}1\.00 us to 1\.00 ms$/)
  assert.match(curves[1]!, /^new {2}▁{31} {2}1\.00 us to 1\.00 us$/)
})

test('a curve ends where the variant with the fewest samples does, and without samples there is none', () => {
  const few = latencyLines([runOf('old', tailed(2000)), runOf('new', tailed(2000).slice(0, 100))], precheck)
  assert.match(few[0]!, /p0 to p99,/)
  assert.deepEqual(latencyLines([runOf('old', [1000, 2000])], precheck), [])
})
