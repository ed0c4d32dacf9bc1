import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Run } from '../result.ts'
import { samplingFaults } from './histograms.ts'

/** A modelled run of one vCPU with so many resolved faults, of which so many were timed; `oneIn`: as the trial says. */
const runWith = (faults: number, timed: number, oneIn?: number) =>
  ({
    kind: oneIn === undefined ? 'modelled' : 'measured',
    params: { vcpus: 1 },
    metrics: { faults_per_second: {} },
    trials: [
      {
        mode: oneIn === undefined ? 'throughput' : 'latency',
        counters: {
          pf_taken: faults,
          pf_fixed: faults,
          ...(oneIn === undefined ? {} : { fault_timed_one_in_max: oneIn }),
        },
      },
    ],
    histograms: timed === 0 ? {} : { guest_stall_ns: { count: timed } },
  }) as unknown as Run

test('one fault in eight is timed, and the first and the last period of a window may be without one', () => {
  // The vCPU times its 8th, 16th and 24th fault; a window of 27 may begin behind one, and end before the last is back in the guest.
  assert.deepEqual(samplingFaults(runWith(27, 2)), [])
  assert.deepEqual(samplingFaults(runWith(800, 98)), [])
})

test('a run with fewer timed faults is reported', () => {
  assert.match(samplingFaults(runWith(27, 0))[0]!, /of 27 faults at least 2 were timed/)
  assert.match(samplingFaults(runWith(800, 90))[0]!, /of 800 faults at least 98 were timed/)
})

test('where the trial says that fewer were timed, by chance, about that many are required', () => {
  assert.deepEqual(samplingFaults(runWith(64_000, 1000, 64)), [])
  assert.deepEqual(samplingFaults(runWith(64_000, 900, 64)), [])
  assert.match(samplingFaults(runWith(64_000, 800, 64))[0]!, /of 64000 faults at least \d+ were timed/)
})
