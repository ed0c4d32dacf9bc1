import { resultOf, runOf } from '../../bench/comparing/testing.contract.ts'
import type { HistogramSummary, LockRow, Result, RunTimeline } from '../../bench/result.ts'

/** The values 100, 200, 5000 and 1000000, as the Java implementation encodes them. */
const HISTOGRAM: HistogramSummary = {
  unit: 'ns',
  count: 4,
  min: 100,
  mean: 251_325,
  p50: 200,
  p90: 1_000_000,
  p99: 1_000_000,
  p999: 1_000_000,
  max: 1_000_000,
  hdr: 'HISTFAAAAC14nJNpmSzMwMDAwwABzFCaEYh5f7hHMNh/gAgcZ2Q6ysi00YDpdxUTAJneCBY=',
}

const lock = (over: Partial<LockRow>): LockRow => ({
  name: 'mmuLock',
  kind: 'qrwlock',
  side: 'write',
  acquisitions: 1200,
  contended: 48,
  waitTotalNs: 7_470_000_000,
  waitMinNs: 585,
  waitMaxNs: 36_280,
  waitAvgNs: 155_625,
  holdTotalNs: 96_034_945,
  holdMaxNs: 4_658_796,
  who: [],
  ...over,
})

const PARAMS = { vcpus: 1, notifiers: 1, zappers: 0, range: 512, duration: 100, warmup: 100, arrival: 'closed' }
const TIMED = {
  faults_per_second: [100_000, 200_000, 400_000],
  fault_latency_p50_ns: [1500, 1000],
  yields_per_unmap: [0],
}

/** A notifier raises the count while a vCPU faults, which waits for it, and retries. */
const TIMELINE: RunTimeline = {
  seed: 1,
  cpus: [
    {
      name: 'vcpu 0',
      left: 0,
      events: [
        [1300, 'wait', 'mmuLock', 0],
        [1750, 'waited', 'mmuLock', 0],
        [1751, 'hold', 'mmuLock', 0],
        [1760, 'count', 'retry_stale_locked', 0],
        [1800, 'held', 'mmuLock', 0],
        [2000.5, 'span', 'fault_latency_ns', 1000.5],
      ],
    },
    {
      name: 'notifier 0',
      left: 3,
      events: [
        [1100, 'hold', 'mmuLock', 1],
        [1200, 'value', 'mmu_invalidate_in_progress', 1],
        [1210, 'broadcast', 'ipi', 0],
        [1600, 'broadcasted', 'ipi', 0],
        [1700, 'held', 'mmuLock', 1],
      ],
    },
  ],
}

/** A result with everything that a format may carry: two sizes, two variants, both machines. */
export const RESULT: Result = resultOf(
  [
    runOf(TIMED, {
      variant: 'no-precheck',
      params: PARAMS,
      histograms: { fault_latency_ns: HISTOGRAM },
      timeline: TIMELINE,
      locks: [
        lock({ side: 'read', contended: 2, waitTotalNs: 585, waitMaxNs: 400, waitAvgNs: 292.5 }),
        lock({}),
        lock({ name: 'slotsLock', kind: 'mutex', contended: 0 }),
        lock({ name: 'flush', kind: 'qspinlock', contended: 1, waitTotalNs: 36_280, waitAvgNs: 36_280 }),
      ],
    }),
    runOf(
      { faults_per_second: [300_000], elapsed_ns: [1e8] },
      { variant: 'no-precheck', params: { ...PARAMS, vcpus: 4 } },
    ),
    runOf(
      { faults_per_second: [1_000_000], flushes_per_unmap: [0.25] },
      { machine: 'altra-64', kind: 'modelled', params: { ...PARAMS, vcpus: 63 } },
    ),
  ],
  { source: { git: '0123456789abcdef0123456789abcdef01234567', dirty: true, definition: 'd1' } },
)
