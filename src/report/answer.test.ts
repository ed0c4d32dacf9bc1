import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Metric, Run } from '../bench/result.ts'
import precheck from '../bench/scenarios/precheck.ts'
import primitives from '../bench/scenarios/primitives.ts'
import { answer, ranking } from './answer.ts'

type Values = Readonly<Record<string, readonly number[]>>

function run(variant: string, values: Values, noise?: Run['noise']): Run {
  const length = Math.max(...Object.values(values).map((each) => each.length))
  const trials = Array.from({ length }, (_, index) => ({
    ...{ index, mode: 'throughput' as const, seed: 1, durationNs: 1 },
    metrics: Object.fromEntries(Object.entries(values).map(([name, each]) => [name, each[index]!])),
  }))
  const metrics = Object.fromEntries(Object.entries(values).map(([name, each]) => [name, metricOf(each)]))
  return { variant, trials, metrics, ...(noise === undefined ? {} : { noise }) } as unknown as Run
}

function metricOf(values: readonly number[]): Metric {
  const sorted = values.toSorted((a, b) => a - b)
  const ci95 = [sorted[0]!, sorted.at(-1)!] as const
  const median = sorted[Math.floor(sorted.length / 2)]!
  return { unit: '1', better: 'lower', assume: null, n: values.length, median, ci95 }
}

const FLUSHES = [2000, 2100, 1900, 2050, 1950]

test('the first metric that the scenario names decides', () => {
  const before = run('no-precheck', { flushes_per_unmap: FLUSHES, retries_under_lock_per_fault: [1, 1, 1, 1, 1] })
  const spared = run('precheck', { flushes_per_unmap: [1, 1, 1, 1, 1], retries_under_lock_per_fault: [1, 1, 1, 1, 1] })
  assert.match(
    answer(precheck, before, spared),
    /^Yes: precheck against no-precheck: 1.00 remote TLB flushes per unmap/,
  )
  assert.match(answer(precheck, spared, before), /^No: no-precheck against precheck: 2.00k remote TLB flushes/)
})

test('a resolved side effect does not answer the question', () => {
  const before = run('no-precheck', { flushes_per_unmap: FLUSHES, retries_under_lock_per_fault: [1, 1, 1, 1, 1] })
  const after = run('precheck', {
    flushes_per_unmap: FLUSHES.toReversed(),
    retries_under_lock_per_fault: [0.5, 0.5, 0.5, 0.5, 0.5],
  })
  assert.match(answer(precheck, before, after), /^Not resolved by these trials: .* 0.5 retries under mmu_lock/)
})

test('a difference that the baseline has from itself is none', () => {
  const noise = { flushes_per_unmap: { ratio: 1, ci95: [0.5, 2] as const, n: 5 } }
  const before = run('no-precheck', { flushes_per_unmap: FLUSHES }, noise)
  const after = run('precheck', { flushes_per_unmap: FLUSHES.map((value) => value * 0.8) })
  assert.match(answer(precheck, before, after), /^Not resolved .* no more than the baseline differs from itself \(0.8x/)
})

test('what neither does is no difference, and what only one does is one', () => {
  const none = run('a', { flushes_per_unmap: [0, 0, 0, 0, 0] })
  const some = run('b', { flushes_per_unmap: [3, 3, 4, 3, 3] })
  assert.match(answer(precheck, none, none), /^No difference: .* 0 in both/)
  assert.match(answer(precheck, none, some), /^No: b against a: 3.00 remote TLB flushes per unmap instead of 0/)
})

test('too few trials decide nothing', () => {
  const [before, after] = [run('a', { flushes_per_unmap: [10, 10] }), run('b', { flushes_per_unmap: [1, 1] })]
  assert.match(answer(precheck, before, after), /^Not resolved/)
})

test('primitives are ranked', () => {
  const runs = [run('ticket', { ns_per_operation: [30] }), run('qspinlock', { ns_per_operation: [20] })]
  assert.equal(ranking(primitives, runs), 'Best first, per operation: qspinlock 20.0, ticket 30.0.')
})
