import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Random } from '../../workers/random.ts'
import type { Result, Run } from '../result.ts'
import { type CompareOptions, compare } from './compare.ts'
import { geomeans } from './geomean.ts'
import { noisy, resultOf, runOf } from './testing.contract.ts'

const OPTIONS: CompareOptions = { by: 'file', alpha: 0.05, force: false, metrics: [] }
const named = (...results: readonly Result[]) => results.map((result, index) => ({ name: 'ABC'[index]!, result }))
const verdicts = (a: Result, b: Result, options = OPTIONS) =>
  compare(named(a, b), options).changes.map(({ verdict }) => verdict)

const random = new Random(5)
const quiet = (centre: number) => noisy(random, 10, centre, 0.01)
const measured = (centre: number, over: Partial<Run> = {}) => runOf({ faults_per_second: quiet(centre) }, over)

const ratios = (...all: number[]) => ({
  faults_per_second: { ratio: 1, ci95: [1, 1] as const, n: all.length, ratios: all },
})

test('the difference of the code from itself guards both directions, and one stalled round does not change it', () => {
  const upwards = ratios(1.05, 1.4, 1.5, 1.6, 1.7, 2.63)
  assert.deepEqual(verdicts(resultOf([measured(100, { noise: upwards })]), resultOf([measured(80)])), ['unresolved'])
  const stalled = ratios(0.99, 1.01, 1, 0.98, 1.02, 0, 1.01)
  const [change] = compare(
    named(resultOf([measured(100, { noise: stalled })]), resultOf([measured(80)])),
    OPTIONS,
  ).changes
  assert.equal(change!.verdict, 'worse')
  assert.ok(change!.test.guard < 0.05, `${change!.test.guard}`)
})

test('a fall to 0 exceeds any difference of the code from itself', () => {
  const noise = { faults_per_second: { ratio: 1, ci95: [0, 1.1] as const, n: 5 } }
  const stopped = runOf({ faults_per_second: new Array(10).fill(0) })
  assert.deepEqual(verdicts(resultOf([measured(100, { noise })]), resultOf([stopped])), ['worse'])
})

test('latencies have no A/A rounds, and are guarded by halves of their own trials', () => {
  const latencies = (values: number[], variant: string) => runOf({ fault_latency_p50_ns: values }, { variant })
  const base = [100, 130, 100, 130, 100, 130, 100, 130, 100, 130, 100, 130]
  const head = base.map((value, at) => value * (at % 2 === 0 ? 1.02 : 1.1))
  const { changes } = compare(named(resultOf([latencies(base, 'a'), latencies(head, 'b')])), {
    ...OPTIONS,
    by: 'variant',
  })
  assert.ok(changes[0]!.test.guard > 0.02)
})

test('deciding figures are a separate family, and figures that repeat others or cannot change are in none', () => {
  const twenty = (centre: number) => noisy(random, 10, centre, 0.05)
  const faults = twenty(100)
  const run = runOf({
    faults_per_second: faults,
    faults_per_second_per_vcpu: faults.map((value) => value / 2),
    jain_fairness: twenty(100),
    yields_per_unmap: new Array(10).fill(0),
  })
  const comparison = compare(named(resultOf([run]), resultOf([run])), OPTIONS)
  assert.deepEqual([comparison.tests, comparison.exploratory], [1, 1])
  const of = (metric: string) => comparison.changes.find((change) => change.metric === metric)!
  assert.deepEqual([of('faults_per_second').role, of('jain_fairness').role], ['primary', 'exploratory'])
  assert.equal(of('faults_per_second_per_vcpu').sameAs, 'faults_per_second')
  assert.equal(of('yields_per_unmap').verdict, 'equal')
})

test('a jump of the host during a file voids the claim of one other figure, but not of several that change together', () => {
  const jumping = [100, 100.2, 99.8, 130, 130.3, 129.8, 130, 130.1, 129.9, 130]
  const names = ['operations_per_second', 'jain_fairness', 'nx_recovered_per_second', 'memslot_updates_per_second']
  const of = (centre: number, count: number) =>
    Object.fromEntries(names.slice(0, count).map((name) => [name, noisy(random, 10, centre, 0.01)]))
  const compared = (count: number) =>
    compare(
      named(
        resultOf([runOf({ faults_per_second: jumping, ...of(100, count) })]),
        resultOf([runOf({ faults_per_second: quiet(115), ...of(130, count) })]),
      ),
      OPTIONS,
    ).changes.slice(1)
  assert.deepEqual(
    compared(1).map(({ verdict, isOverTime }) => [verdict, isOverTime]),
    [['unresolved', true]],
  )
  assert.ok(compared(4).every(({ verdict }) => verdict === 'better'))
})

test('a drift through two files is reported, and is not a change', () => {
  const line = (from: number) => noisy(random, 10, 1, 0.002).map((value, at) => value * (from + at))
  const at = (createdAt: string) => ({ createdAt })
  const [change] = compare(
    named(
      resultOf([runOf({ faults_per_second: line(100) })], at('2026-01-01T00:00:00.000Z')),
      resultOf([runOf({ faults_per_second: line(110) })], at('2026-01-01T00:01:00.000Z')),
    ),
    OPTIONS,
  ).changes
  assert.deepEqual([change!.verdict, change!.isOverTime], ['unresolved', true])
  assert.ok(change!.test.ranks! < 0.001)
})

test('groups of one file that ran one after the other are not compared in pairs', () => {
  const runs = [1, 2].map((vcpus) => measured(100, { params: { ...measured(1).params, vcpus } }))
  const [change] = compare(named(resultOf(runs)), { ...OPTIONS, by: 'vcpus' }).changes
  assert.deepEqual([change!.test.method, change!.test.ranks === null], ['mann-whitney', false])
})

test('runs and metrics of one side only are named, and a percentile without enough samples is not one of them', () => {
  const summary = {
    unit: 'ns',
    count: 50,
    min: 1,
    mean: 1,
    p50: 1,
    p90: 1,
    p99: null,
    p999: null,
    max: 1,
    hdr: '',
  } as const
  const full = runOf({ faults_per_second: quiet(100), fault_latency_p99_ns: quiet(5), retries_per_fault: quiet(1) })
  const few = runOf({ faults_per_second: quiet(100) }, { histograms: { fault_latency_ns: summary } })
  const only = runOf({ faults_per_second: quiet(100) }, { variant: 'other' })
  const { missing } = compare(named(resultOf([full]), resultOf([few, only])), OPTIONS)
  assert.deepEqual(
    missing.map(({ line, metric, is }) => [line.variant, metric, is]),
    [
      ['other', null, 'new'],
      ['precheck', 'fault_latency_p99_ns', 'short'],
      ['precheck', 'retries_per_fault', 'gone'],
    ],
  )
})

test('a row that fell to 0 is shown beside the geometric mean of the others', () => {
  const run = (variant: string, value: number) => runOf({ faults_per_second: new Array(5).fill(value) }, { variant })
  const comparison = compare(
    named(resultOf([run('a', 1), run('b', 2), run('c', 4)]), resultOf([run('a', 2), run('b', 4), run('c', 0)])),
    OPTIONS,
  )
  assert.deepEqual(
    geomeans(comparison, comparison.changes).map(({ lines, zeros }) => [lines, zeros]),
    [[2, 1]],
  )
})

test('a verdict does not depend on the unit of its figures, and is reversed if the files are swapped', () => {
  const OTHER = {
    better: 'worse',
    worse: 'better',
    changed: 'changed',
    equal: 'equal',
    unresolved: 'unresolved',
  } as const
  const values = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 6, maxLength: 10 })
  const at = (createdAt: string, all: readonly number[]) => resultOf([runOf({ faults_per_second: all })], { createdAt })
  const [early, late] = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z']
  fc.assert(
    fc.property(values, values, (a, b) => {
      const [verdict] = verdicts(at(early!, a), at(late!, b))
      const scaled = (all: readonly number[]) => all.map((value) => value * 1024)
      assert.equal(verdicts(at(early!, scaled(a)), at(late!, scaled(b)))[0], verdict)
      assert.equal(verdicts(at(late!, b), at(early!, a))[0], OTHER[verdict!])
    }),
    { numRuns: 60 },
  )
})
