import assert from 'node:assert/strict'
import { test } from 'node:test'
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

test('a change is better or worse by the direction of its metric', () => {
  assert.deepEqual(verdicts(resultOf([measured(100)]), resultOf([measured(120)])), ['better'])
  assert.deepEqual(verdicts(resultOf([measured(100)]), resultOf([measured(80)])), ['worse'])
  const latency = (centre: number) => resultOf([runOf({ fault_latency_p50_ns: quiet(centre) })])
  assert.deepEqual(verdicts(latency(100), latency(120)), ['worse'])
})

test('a difference that could be chance is not resolved, and the smallest detectable change is given', () => {
  const [change] = compare(named(resultOf([measured(100)]), resultOf([measured(100)])), OPTIONS).changes
  assert.equal(change!.verdict, 'unresolved')
  assert.ok(change!.test.detectable! > 0.005 && change!.test.detectable! < 0.08, `${change!.test.detectable}`)
})

test('with too few trials to show any change, the number needed is given', () => {
  const few = (centre: number) => resultOf([runOf({ faults_per_second: noisy(random, 3, centre, 0.001) })])
  const [change] = compare(named(few(100), few(200)), OPTIONS).changes
  assert.equal(change!.verdict, 'unresolved')
  assert.equal(change!.test.detectable, null)
  assert.equal(change!.test.trialsNeeded, 4)
})

test('the more figures a table has, the stronger each must be', () => {
  const names = ['faults_per_second', 'operations_per_second', 'jain_fairness', 'unmaps_per_second']
  const of = (centre: number) => Object.fromEntries(names.map((name) => [name, noisy(random, 10, centre, 0.05)]))
  const comparison = compare(named(resultOf([runOf(of(100))]), resultOf([runOf(of(105))])), OPTIONS)
  assert.deepEqual([comparison.tests, comparison.exploratory], [1, 2])
  for (const { adjusted, test } of comparison.changes) assert.ok(adjusted! >= test.p!)
})

test('modelled figures are equal or changed, whatever their size', () => {
  const modelled = (value: number, over = {}) =>
    runOf({ flushes_per_unmap: [value] }, { kind: 'modelled', machine: 'altra-64', ...over })
  assert.deepEqual(verdicts(resultOf([modelled(3)]), resultOf([modelled(3)])), ['equal'])
  assert.deepEqual(verdicts(resultOf([modelled(3)]), resultOf([modelled(3 + 1e-15 * 3)])), ['worse'])
  const [change] = compare(named(resultOf([modelled(3)]), resultOf([modelled(2)])), OPTIONS).changes
  assert.deepEqual([change!.test.method, change!.test.p, change!.verdict], ['exact', null, 'better'])
})

test('measured and modelled figures are never compared', () => {
  const modelled = runOf({ faults_per_second: [100] }, { kind: 'modelled', machine: 'altra-64' })
  for (const by of ['file', 'machine', 'variant']) {
    const { changes, skipped } = compare(named(resultOf([measured(100)]), resultOf([modelled])), { ...OPTIONS, by })
    assert.equal(changes.length, 0, by)
    if (by === 'file') assert.equal(skipped.length, 2)
  }
})

test('results of another host, Node or definition are reported and not compared, except with --force', () => {
  const base = resultOf([measured(100)])
  const { host } = base
  const others: [Result, RegExp][] = [
    [resultOf([measured(120)], { host: { ...host, cpu: 'another' } }), /cpu differs: a cpu, another/],
    [resultOf([measured(120)], { host: { ...host, cores: 8 } }), /cores differs: 4, 8/],
    [resultOf([measured(120)], { host: { ...host, node: 'v26.0.0' } }), /node differs/],
    [resultOf([measured(120, { definition: 'd2' })]), /definition d1, d2/],
    [resultOf([measured(120, { params: { ...measured(1).params, duration: 200 } })]), /duration differs: 100, 200/],
  ]
  for (const [other, says] of others) {
    const { changes, differences } = compare(named(base, other), OPTIONS)
    assert.equal(changes.length, 0)
    assert.match(differences[0]!.says, says)
    assert.deepEqual(verdicts(base, other, { ...OPTIONS, force: true }), ['better'])
  }
})

test('the host of a modelled run does not matter, its seeds do', () => {
  const modelled = runOf({ flushes_per_unmap: [3] }, { kind: 'modelled', machine: 'altra-64' })
  const { host } = resultOf([])
  assert.deepEqual(verdicts(resultOf([modelled]), resultOf([modelled], { host: { ...host, cpu: 'x' } })), ['equal'])
  const seeded = { ...modelled, trials: modelled.trials.map((trial) => ({ ...trial, seed: 7 })) }
  assert.match(compare(named(resultOf([modelled]), resultOf([seeded])), OPTIONS).differences[0]!.says, /seeds differ/)
})

test('oversubscription on one side only prevents a comparison, on both sides it is a remark', () => {
  const crowded = (cores: number) => ({ host: { ...resultOf([]).host, cores } })
  const many = (centre: number) => measured(centre, { params: { ...measured(1).params, vcpus: 8 } })
  const both = compare(named(resultOf([many(100)]), resultOf([many(120)])), OPTIONS)
  assert.match(both.differences[0]!.says, /more workers than cores on both sides/)
  assert.equal(both.changes.length, 1)
  const one = compare(named(resultOf([many(100)]), resultOf([many(120)], crowded(16))), OPTIONS)
  assert.ok(one.differences.some(({ says }) => /one side had more workers/.test(says)))
})

test('a failed run is not compared, and a forbidden outcome is said', () => {
  const failed = measured(100, { error: { code: 'X', message: 'worker 1 died', context: {}, hint: '' } })
  const { differences, changes } = compare(named(resultOf([failed]), resultOf([measured(100)])), OPTIONS)
  assert.match(differences[0]!.says, /A: precheck precheck failed: worker 1 died/)
  assert.equal(changes.length, 0)
  const forbidden = measured(100, { outcomes: [{ outcome: 'stale_use', grade: 'forbidden', count: 1, says: '' }] })
  assert.match(
    compare(named(resultOf([forbidden]), resultOf([measured(100)])), OPTIONS).differences[0]!.says,
    /stale_use/,
  )
})

test('variants of one file are compared in pairs, so a common drift cancels', () => {
  const drift = Array.from({ length: 10 }, (_, index) => 100 * 1.2 ** index)
  const runs = [
    runOf({ faults_per_second: drift }, { variant: 'no-precheck' }),
    runOf({ faults_per_second: drift.map((value) => value * 1.03) }, { variant: 'precheck' }),
  ]
  const { changes } = compare(named(resultOf(runs)), { ...OPTIONS, by: 'variant' })
  assert.deepEqual([changes[0]!.test.method, changes[0]!.verdict], ['signed-rank', 'better'])
  assert.ok(Math.abs(changes[0]!.test.ratio! - 1.03) < 1e-9)
})

test('a run on wasm words is never compared with one on atomics, also if its file does not name the words', () => {
  const on = (words?: string) => measured(100, { params: { vcpus: 2, ...(words === undefined ? {} : { words }) } })
  assert.deepEqual(verdicts(resultOf([on()]), resultOf([on('wasm')])), [])
  assert.deepEqual(verdicts(resultOf([on()]), resultOf([on('atomics')])), ['unresolved'])
  const both = compare(named(resultOf([on('atomics'), on('wasm')])), { ...OPTIONS, by: 'words' })
  assert.deepEqual(
    both.changes.map(({ verdict }) => verdict),
    ['unresolved'],
  )
  const { differences, skipped } = compare(named(resultOf([on('wasm')]), resultOf([on('atomics')])), OPTIONS)
  assert.deepEqual(differences, [])
  assert.match(skipped[0]!.why, /there words is atomics$/)
})

test('files that each have one value of the parameter are its columns, and files that share one are kept apart', () => {
  const on = (words?: string) =>
    resultOf([
      measured(words === undefined ? 100 : 120, { params: { vcpus: 2, ...(words === undefined ? {} : { words }) } }),
    ])
  const two = compare(named(on(), on('wasm')), { ...OPTIONS, by: 'words' })
  assert.deepEqual([two.columns, two.changes.map(({ verdict }) => verdict)], [['atomics', 'wasm'], ['better']])
  assert.equal(two.changes[0]!.test.method === 'signed-rank', false, 'their trials were not interleaved')
  const elsewhere = { ...on('wasm'), host: { ...on().host, cpu: 'another' } }
  assert.match(compare(named(on(), elsewhere), { ...OPTIONS, by: 'words' }).differences[0]!.says, /cpu differs/)
  assert.equal(compare(named(on(), on('wasm'), on('wasm')), { ...OPTIONS, by: 'words' }).changes.length, 0)
  const machine = (name: string) =>
    resultOf([
      runOf(
        { flushes_per_unmap: [name.length] },
        { kind: 'modelled', machine: name, model: { profileHash: name } as Run['model'] & {} },
      ),
    ])
  const machines = compare(named(machine('a'), machine('bb')), { ...OPTIONS, by: 'machine' })
  assert.deepEqual([machines.differences, machines.changes.length], [[], 1])
})

test('the columns can stand for any parameter', () => {
  const runs = [1, 2, 4].map((vcpus) => measured(100 * vcpus, { params: { ...measured(1).params, vcpus } }))
  const { columns, changes } = compare(named(resultOf(runs)), { ...OPTIONS, by: 'vcpus' })
  assert.deepEqual(columns, ['1', '2', '4'])
  assert.deepEqual(
    changes.map(({ verdict }) => verdict),
    ['better', 'better'],
  )
})

test('a difference no larger than that of the baseline to itself is not resolved', () => {
  const noise = { faults_per_second: { ratio: 1.1, ci95: [0.8, 1.3] as const, n: 5 } }
  assert.deepEqual(verdicts(resultOf([measured(100, { noise })]), resultOf([measured(120)])), ['unresolved'])
  assert.deepEqual(verdicts(resultOf([measured(100, { noise })]), resultOf([measured(140)])), ['better'])
})

test('trials of kept workers are not compared with trials of fresh ones, nor bound workers with moved ones', () => {
  const fresh = measured(100)
  const but = (over: Partial<Run['trials'][number]>, ...trials: readonly number[]): Run => ({
    ...fresh,
    trials: fresh.trials.map((trial, at) => (trials.includes(at) ? trial : { ...trial, ...over })),
  })
  const differences = (other: Run) => compare(named(resultOf([fresh]), resultOf([other])), OPTIONS).differences
  for (const [over, says] of [
    [{ start: 1 }, /of one side had fresh workers each, those of the other shared workers/],
    [{ cpus: [1, 0] }, /workers that the host could move, those of the other had each worker bound/],
  ] as const) {
    const [difference, ...others] = differences(but(over))
    assert.match(difference!.says, says)
    assert.deepEqual([difference!.isBlocking, others], [true, []])
    assert.deepEqual(compare(named(resultOf([but(over)]), resultOf([but(over)])), OPTIONS).differences, [])
  }
  // Binding fails for single trials.
  assert.deepEqual(differences(but({ cpus: [1, 0] }, 0, 1, 2)), [])
  const [inOne] = compare(named(resultOf([fresh, { ...but({ start: 1 }), params: { ...fresh.params, vcpus: 2 } }])), {
    ...OPTIONS,
    by: 'vcpus',
  }).differences
  assert.equal(inOne?.isBlocking, false)
})

test('a run without a counterpart names the differences from the nearest one', () => {
  const other = measured(100, { params: { ...measured(1).params, range: 1024 } })
  const { skipped } = compare(named(resultOf([measured(100)]), resultOf([other])), OPTIONS)
  assert.match(skipped[0]!.why, /not in B: there range is 1024/)
})

test('a drift and far outliers are noted, and no value is left out', () => {
  const drifting = [100, 101, 102, 103, 104, 105, 106, 107, 108, 500]
  const { changes } = compare(
    named(resultOf([runOf({ faults_per_second: drifting })]), resultOf([measured(104)])),
    OPTIONS,
  )
  assert.deepEqual(
    changes[0]!.notes.map((note) => note.slice(0, 24)),
    ['base: 1 of 10 far out', 'base: drifted while it w'],
  )
  assert.equal(changes[0]!.base.n, 10)
})

test('a geometric mean covers the rows that all columns have', () => {
  const runs = (factor: number) =>
    resultOf(['a', 'b'].map((variant, index) => measured(100 * 4 ** index * factor, { variant })))
  const comparison = compare(named(runs(1), runs(2)), OPTIONS)
  const [mean] = geomeans(comparison, comparison.changes)
  assert.ok(Math.abs(mean!.columns[0]! - 200) < 5)
  assert.ok(Math.abs(mean!.columns[1]! / mean!.columns[0]! - 2) < 0.05)
  assert.equal(mean!.lines, 2)
})

test('a geometric mean leaves out the lines that are not resolved', () => {
  const runs = (factor: number) =>
    resultOf([
      measured(100 * factor, { variant: 'a' }),
      measured(400 * factor, { variant: 'b' }),
      measured(900, { variant: 'c' }),
    ])
  const comparison = compare(named(runs(1), runs(2)), OPTIONS)
  const [mean] = geomeans(comparison, comparison.changes)
  assert.equal(mean!.lines, 2)
})
