import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Deviation } from './exact.ts'
import { rank } from './ranking.ts'

const of = (figure: string, was: Deviation['was'], is: Deviation['is'], run = 'a'): Deviation => ({
  run,
  figure,
  was,
  is,
})
const figures = (deviations: readonly Deviation[], ignoreBelow = 0) =>
  rank(deviations, ignoreBelow).figures.map(({ figure }) => figure)

test('changes for the worse come before those for the better, and larger changes before smaller ones', () => {
  const found = [
    of('pf_fixed', 100, 300),
    of('faults_per_second', 100, 99),
    of('retries_per_fault', 1, 2),
    of('faults_per_second', 100, 150, 'b'),
    of('error', 'none', 'deadlock', 'c'),
  ]
  assert.deepEqual(figures(found), ['error', 'retries_per_fault', 'faults_per_second', 'faults_per_second', 'pf_fixed'])
  assert.deepEqual(
    rank(found, 0).figures.map(({ verdict }) => verdict),
    ['worse', 'worse', 'worse', 'better', 'changed'],
  )
})

test('a figure that the baseline lacks is new, and a percentile without samples on one side has no direction', () => {
  const verdictOf = (deviation: Deviation) => rank([deviation], 0).figures[0]!.verdict
  assert.equal(verdictOf(of('fault_latency_p99_ns', null, 400)), 'changed')
  assert.equal(verdictOf(of('fault_latency_p99_ns', 400, null)), 'worse')
  assert.equal(verdictOf(of('fault_latency_ns p99', 400, 'too few samples')), 'changed')
  assert.equal(verdictOf(of('the run', 'there', null)), 'worse')
  assert.equal(verdictOf(of('the run', null, 'there')), 'changed')
  assert.equal(verdictOf(of('error', 'none', 'deadlock')), 'worse')
  assert.equal(verdictOf(of('error', 'deadlock', 'none')), 'changed')
})

test('figures of a run that changed by the same factor are listed once', () => {
  const { figures: ranked } = rank(
    [
      of('faults_per_second', 100, 90),
      of('faults_per_second_per_vcpu', 50, 45),
      of('faults_per_second', 100, 90, 'b'),
      of('counter', 1, 7),
      of('outcome: x (acceptable)', 1, 7),
    ],
    0,
  )
  assert.deepEqual(
    ranked.map(({ run, figure, also }) => [run, figure, ...also]),
    [
      ['a', 'faults_per_second', 'faults_per_second_per_vcpu'],
      ['b', 'faults_per_second'],
      ['a', 'counter', 'outcome: x (acceptable)'],
    ],
  )
})

test('several seeds are one figure, whose direction they must agree on', () => {
  const seeds = (second: number) => [
    of('faults_per_second', 100, 90),
    of('faults_per_second, seed 1', 100, 90),
    of('faults_per_second, seed 2', 100, second),
  ]
  const [agreed] = rank(seeds(80), 0).figures
  assert.equal(agreed!.verdict, 'worse')
  assert.deepEqual(
    agreed!.seeds.map((change) => change.toFixed(2)),
    ['-0.10', '-0.20'],
  )
  const split = rank(seeds(120), 0).figures
  assert.deepEqual([split.length, split[0]!.verdict], [1, 'changed'])
  assert.deepEqual(figures([of('faults_per_second, seed 2', 100, 80)]), ['faults_per_second, seed 2'])
})

test('changes below the practical threshold are only counted, except those from 0, failures and forbidden outcomes', () => {
  const found = [
    of('faults_per_second', 1000, 999),
    of('faults_per_second', 1000, 990, 'b'),
    of('tlb_flush', 0, 1),
    of('error', 'none', 'deadlock'),
    of('outcome: stale_use (forbidden)', 1000, 1001),
    of('the run', 'there', null, 'c'),
  ]
  const { figures: kept, ignored } = rank(found, 0.005)
  assert.equal(ignored, 1)
  assert.deepEqual(kept.map(({ figure }) => figure).sort(), [
    'error',
    'faults_per_second',
    'outcome: stale_use (forbidden)',
    'the run',
    'tlb_flush',
  ])
})

test('the order does not depend on the order in which changes were found, nor on the unit of a figure', () => {
  const names = fc.constantFrom('faults_per_second', 'retries_per_fault', 'tlb_flush', 'fault_latency_p99_ns')
  const value = fc.integer({ min: 1, max: 1000 })
  const deviation = fc.record({ run: fc.constantFrom('a', 'b'), figure: names, was: value, is: value })
  const all = fc.uniqueArray(deviation, { selector: ({ run, figure }) => run + figure, maxLength: 8 })
  const said = (found: readonly Deviation[]) => rank(found, 0).figures.map(({ verdict, change }) => [verdict, change])
  const opposite = [
    { run: 'a', figure: 'faults_per_second', was: 397, is: 22 },
    { run: 'a', figure: 'retries_per_fault', was: 397, is: 772 },
  ]
  fc.assert(
    fc.property(all, (found) => {
      const changed = found.filter(({ was, is }) => was !== is)
      assert.deepEqual(said(changed), said(changed.toReversed()))
      const doubled = changed.map((one) => ({ ...one, was: one.was * 1024, is: one.is * 1024 }))
      assert.deepEqual(said(changed), said(doubled))
    }),
    { examples: [[opposite]] },
  )
})
