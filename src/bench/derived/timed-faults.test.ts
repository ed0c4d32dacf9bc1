import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Run } from '../result.ts'
import { timedFaultsNote } from './timed-faults.ts'

const runOf = (kind: Run['kind'], resolved: number, timed: number) =>
  ({
    kind,
    trials: [
      { mode: 'throughput', counters: { pf_fixed: 1_000_000 } },
      { mode: 'latency', counters: { pf_fixed: resolved - 10, pf_spurious: 10 } },
    ],
    histograms: { fault_latency_ns: { count: timed } },
  }) as unknown as Run

test('where a part of the faults was timed, a note says how many, of the trials for latency', () => {
  assert.match(timedFaultsNote([runOf('measured', 80_000, 10_000)])!, /^fault latencies are of 13 % of the faults,/)
  assert.match(
    timedFaultsNote([runOf('measured', 80_000, 1000), runOf('measured', 80_000, 3000)])!,
    /^fault latencies are of 2\.5 % of the faults,/,
  )
})

test('where all faults were timed, or none, there is no note', () => {
  assert.equal(timedFaultsNote([runOf('measured', 5000, 4996)]), undefined)
  assert.equal(timedFaultsNote([runOf('measured', 5000, 0)]), undefined)
  assert.equal(timedFaultsNote([runOf('modelled', 5000, 5000)]), undefined)
})
