import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bench } from '../../bench.ts'
import { groupOf, type PlanOptions } from '../../plan.ts'
import precheck from '../../scenarios/precheck.ts'

const PLAN: PlanOptions = {
  ...{ seed: 1, trials: 2, latencyTrials: 0, aaTrials: 0, durationMs: 20, warmupMs: 10, arrival: { kind: 'closed' } },
  ...{ sampleEvery: 8, timelineEvents: 0, oracles: true, costs: {} },
}

/** A run of two trials; `stops` returns how often the process has been stopped. */
async function run(stops: () => number) {
  const group = groupOf(precheck, ['precheck'], { vcpus: 1, notifiers: 0, zappers: 0 }, { range: '256' }, null)
  const { signal } = new AbortController()
  const options = { groups: [group], plan: PLAN, command: [], runtime: { node: 'v20', v8: '11' }, signal, stops }
  const told: string[] = []
  const progress = (_done: number, _total: number, label: string) => void told.push(label)
  const { runs } = await bench(options, { progress, speed: () => {}, finished: () => {} })
  return { run: runs[0], told }
}

const standstill = /^the process stood still during trials, which are not used \((\d+)\)$/

test('a trial in which the process was stopped is run again, and the result says so', async () => {
  let asked = 0
  // Between the first two calls, which belong to the first trial.
  const { run: only } = await run(() => (asked++ === 0 ? 0 : 1))
  assert.deepEqual([only!.error, only!.trials.length], [null, 2])
  assert.deepEqual(
    only!.warnings.flatMap((warning) => standstill.exec(warning)?.[1] ?? []),
    ['1'],
  )
})

test('a host that stops the process in every trial is a failure, and gives no figure', async () => {
  let asked = 0
  const { run: only } = await run(() => asked++)
  assert.deepEqual([only!.error!.code, only!.trials.length], ['DISTURBED', 0])
})
