import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runOf } from '../comparing/testing.contract.ts'
import { groupOf, type PlanOptions, scheduleOf } from '../plan.ts'
import type { Run } from '../result.ts'
import precheck from '../scenarios/precheck.ts'
import { scheduleFaults } from './schedule.ts'

const SEED = 7
const NAMES = ['no-precheck', 'precheck']
const GROUP = groupOf(precheck, NAMES, { vcpus: 1, notifiers: 1, zappers: 0 }, {}, null)

/** What a plan would leave in its result, with trials of this length. */
function runsOf(durationMs: number): Run[] {
  const effort = { trials: 8, latencyTrials: 3, aaTrials: 4 }
  const options = { ...effort, seed: SEED, timelineEvents: 0, durationMs, arrival: { kind: 'closed' } } as PlanOptions
  const schedule = scheduleOf(GROUP, options).map((trial, place) => ({ ...trial, place }))
  return NAMES.map((variant, index): Run => {
    const own = schedule.filter((trial) => trial.purpose === 'measure' && trial.variant === index)
    const trials = own.map(({ mode, seed, start }, at) => {
      return { index: at, mode, seed, durationNs: 1, metrics: {}, ...(start === undefined ? {} : { start }) }
    })
    return { ...runOf({}, { variant, order: own.map(({ place }) => place) }), trials }
  })
}

test('the order of a plan whose trials share workers follows from its seed, as that of one whose trials do not', () => {
  for (const durationMs of [100, 400]) assert.deepEqual(scheduleFaults(runsOf(durationMs), SEED), [])
  assert.ok(scheduleFaults(runsOf(400), SEED + 1).length > 0)
  const withoutStarts = runsOf(400).map((run) => ({
    ...run,
    trials: run.trials.map(({ start: _, ...trial }) => trial),
  }))
  assert.ok(scheduleFaults(withoutStarts, SEED).length > 0)
  const first = (start?: number) =>
    runsOf(400).map(({ trials: [trial, ...others], ...run }) => {
      const { start: _, ...own } = trial!
      return { ...run, trials: [start === undefined ? own : { ...own, start }, ...others] }
    })
  for (const start of [undefined, 9])
    assert.match(scheduleFaults(first(start), SEED).join(), /trial 0 .* by the result's seed/)
})
