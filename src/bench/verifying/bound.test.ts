import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runOf } from '../comparing/testing.contract.ts'
import type { Run, TrialRow } from '../result.ts'
import { boundFaults } from './bound.ts'

const CORES = 4
/** Of a process that may use CPUs 2, 5 and 7: the seed turns their list. */
const trial = (seed: number, cpus: readonly number[], over: Partial<TrialRow> = {}): TrialRow => {
  return { index: 0, mode: 'throughput', seed, durationNs: 1, metrics: {}, cpus, ...over }
}
const BOUND = [trial(3, [2, 5, 7]), trial(4, [5, 7, 2]), trial(8, [7, 2, 5])]
const of = (trials: readonly TrialRow[], over: Partial<Run> = {}): Run[] => {
  const params = { duration: 200 }
  return [
    {
      ...runOf({ faults_per_second: [1] }, { params, ...over }),
      trials: trials.map((one, index) => ({ ...one, index })),
    },
  ]
}
const says = (trials: readonly TrialRow[], over: Partial<Run> = {}) => boundFaults(of(trials, over), CORES).join('; ')

test('the CPUs of workers follow from the seeds of their trials', () => {
  assert.equal(says(BOUND), '')
  assert.equal(says([{ ...BOUND[0]!, cpus: undefined } as unknown as TrialRow, ...BOUND.slice(1)]), '')
  for (const [cpus, fault] of [
    [[5, 2, 7], /on CPUs 5, 2, 7, by its seed on 2, 5, 7/],
    [[2, 5, 8], /a process has one set/],
    [[2, 5], /a process has one set/],
    [[2, 2, 5], /are not CPUs of a host of 4/],
    [[0, 1, 2, 3, 4], /are not CPUs of a host of 4/],
    [[-1, 2, 5], /are not CPUs of a host of 4/],
  ] as const) {
    assert.match(says([trial(3, cpus), ...BOUND.slice(1)]), fault)
  }
})

test('short trials are not bound, modelled ones have no CPUs, and trials of one start have the same', () => {
  assert.match(says(BOUND, { params: { duration: 100 } }), /trials of 100 ms are not bound/)
  assert.match(says(BOUND, { kind: 'modelled' }), /a modelled run has no CPUs/)
  const kept = [trial(3, [2, 5, 7], { start: 1 }), trial(3, [2, 5, 7], { start: 1 }), trial(4, [5, 7, 2], { start: 2 })]
  assert.equal(says(kept), '')
  const { cpus: _, ...without } = kept[1]!
  assert.match(says([kept[0]!, without, kept[2]!]), /trial 1: its workers are those of trial 0/)
})
