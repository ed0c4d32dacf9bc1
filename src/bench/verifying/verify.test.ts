import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CpuRecords } from '../../shared-memory/records.ts'
import { resultOf, runOf } from '../comparing/testing.contract.ts'
import { Histogram } from '../histograms.ts'
import type { HistogramSummary, LockRow, Run } from '../result.ts'
import { faultsOf } from './verify.ts'

function summaryOf(values: readonly number[]): HistogramSummary {
  const records = CpuRecords.scratch({ cpus: 1, counters: 1, histograms: 1, locks: 0, oracles: 0 })
  for (const value of values) records.record(0, value)
  const histogram = new Histogram()
  histogram.add(records.histogram(0))
  return histogram.summary()
}

const LOCK: LockRow = {
  name: 'slotsLock',
  kind: 'qrwlock',
  side: 'write',
  acquisitions: 10,
  contended: 4,
  waitTotalNs: 400,
  waitMinNs: 50,
  waitMaxNs: 200,
  waitAvgNs: 100,
  holdTotalNs: 1000,
  holdMaxNs: 300,
  who: [
    { worker: 'vcpu 0', acquisitions: 6, contended: 3, waitTotalNs: 300, waitMaxNs: 200 },
    { worker: 'notifier 0', acquisitions: 4, contended: 1, waitTotalNs: 100, waitMaxNs: 100 },
  ],
}

const HISTOGRAM = summaryOf([100, 200, 5_000, 1_000_000])
const GOOD = runOf(
  { faults_per_second: [1, 2, 4] },
  { counters: { pf_fixed: 7 }, histograms: { fault_latency_ns: HISTOGRAM }, locks: [LOCK] },
)

const says = (run: Run) => faultsOf(resultOf([run])).map((fault) => fault.says)

test('a result whose summaries follow from its trials has no faults', () => {
  assert.deepEqual(says(GOOD), [])
})

test('a value below 0, of an access that a replay served before its recorded time, is valid', () => {
  const early = summaryOf([-40_000, -30_000, 5_000, 1_000_000])
  assert.deepEqual(says({ ...GOOD, histograms: { fault_latency_ns: HISTOGRAM, fault_response_ns: early } }), [])
  const wrong = { ...early, mean: early.mean - 50_000 }
  assert.match(says({ ...GOOD, histograms: { fault_response_ns: wrong } }).join(), /mean is/)
})

test('every planted change of a summary is found', () => {
  const { faults_per_second: metric } = GOOD.metrics
  const changed = (change: object) => ({ ...GOOD, metrics: { faults_per_second: { ...metric!, ...change } } })
  const histogram = (change: object) => ({ ...GOOD, histograms: { fault_latency_ns: { ...HISTOGRAM, ...change } } })
  const planted: [Run, RegExp][] = [
    [changed({ median: 2.0000000000000004 }), /faults_per_second: median is 2.0000000000000004, recomputed it is 2/],
    [changed({ n: 4 }), /n is 4/],
    [changed({ ci95: [1, 3] }), /interval to is 3, recomputed it is 4/],
    [changed({ better: 'lower' }), /better lower; this program says 1\/s, better higher/],
    [{ ...GOOD, metrics: {} }, /trials have it, but the summary does not/],
    [{ ...GOOD, order: [0, 1] }, /places in the order is 2/],
    [{ ...GOOD, order: [0, 1, 1] }, /two trials have one place/],
    [histogram({ count: 5 }), /count is 5, recomputed it is 4/],
    [histogram({ p99: 1 }), /p99 is 1/],
    [histogram({ mean: 300_000 }), /mean is 300000/],
    [histogram({ hdr: 'nonsense' }), /cannot be decoded/],
    [histogram({ hdr: summaryOf([1]).hdr }), /count is 4, recomputed it is 1/],
    [{ ...GOOD, locks: [{ ...LOCK, waitAvgNs: 99 }] }, /average wait is 99/],
    [{ ...GOOD, locks: [{ ...LOCK, acquisitions: 11 }] }, /acquisitions of all workers is 11/],
  ]
  for (const [run, expected] of planted) assert.match(says(run).join('\n'), expected)
})

test('the baseline against itself is the summary of its ratios', () => {
  const noise = { ratio: 1.1, ci95: [0.9, 1.2] as const, n: 3, ratios: [0.9, 1.1, 1.2] }
  const withNoise = (change: object): Run => ({ ...GOOD, noise: { faults_per_second: { ...noise, ...change } } })
  const found = (change: object) => says(withNoise(change)).filter((line) => line.startsWith('noise of faults'))
  const ofSummary = (change: object) => found(change).filter((line) => !line.includes('pairs'))
  assert.deepEqual(ofSummary({}), [])
  assert.match(ofSummary({ ratio: 1 }).join(), /the ratio is 1, recomputed it is 1.1/)
  assert.match(ofSummary({ ci95: [0.99, 1.2] }).join(), /the interval from is 0.99, recomputed it is 0.9/)
  assert.match(ofSummary({ n: 2 }).join(), /n is 2, recomputed it is 3/)
  assert.match(ofSummary({ ratios: [1, 1, 1] }).join(), /the ratio is 1.1, recomputed it is 1/)
  assert.match(ofSummary({ ratios: [] }).join(), /has no ratios/)
})

test('counters that are fewer than the rates of the trials are found, also where trials keep none', () => {
  const trials = GOOD.trials.map((trial) => ({ ...trial, durationNs: 1e9 }))
  const of = (pf_fixed: number) => ({ ...GOOD, trials, counters: { pf_fixed } })
  assert.doesNotMatch(says(of(7)).join(), /by the rates of its trials/)
  assert.match(says(of(6)).join(), /faults_per_second: by the rates of its trials there were at least 7 of pf_fixed/)
})

test('a metric of a newer version is accepted', () => {
  assert.deepEqual(says(runOf({ something_new: [1, 2, 3] })), [])
})
