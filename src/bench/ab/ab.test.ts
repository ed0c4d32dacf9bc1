import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CpuRecords } from '../../shared-memory/records.ts'
import { compare } from '../comparing/compare.ts'
import { resultOf, runOf } from '../comparing/testing.contract.ts'
import { Histogram } from '../histograms.ts'
import type { LockRow, Result } from '../result.ts'
import { faultsOf } from '../verifying/verify.ts'
import { mergeParts } from './merge.ts'
import { interleave, noiseOf, partsOf } from './rounds.ts'

const never = () => false
const OPTIONS = {
  ...{ rounds: 8, aaRounds: 3, seed: 1, progress: () => {} },
  ...{ isEnoughOfItself: never, isOver: never, isInterrupted: never },
}

/** Runners that record which side ran which seed. */
function watched(base: (seed: number) => Result, head: (seed: number) => Result) {
  const asked: { side: string; seed: number }[] = []
  const side = (name: string, result: (seed: number) => Result) => async (seed: number) => {
    asked.push({ side: name, seed })
    return result(seed)
  }
  return { asked, base: side('base', base), head: side('head', head) }
}

const always = (value: number) => () => resultOf([runOf({ faults_per_second: [value] })])

test('the base runs against itself first, then each round has both sides once, under one load', async () => {
  const { asked, base, head } = watched(always(1), always(2))
  await interleave(base, head, OPTIONS)
  assert.deepEqual(
    asked.slice(0, 6).map(({ side }) => side),
    new Array(6).fill('base'),
  )
  const rounds = Array.from({ length: 8 }, (_, round) => asked.slice(6 + 2 * round, 8 + 2 * round))
  for (const round of rounds) {
    assert.deepEqual(round.map(({ side }) => side).sort(), ['base', 'head'])
    assert.equal(new Set(round.map(({ seed }) => seed)).size, 1)
  }
  const firsts = rounds.map(([first]) => first!.side)
  assert.ok(firsts.includes('base') && firsts.includes('head'), 'neither side always runs first')
  assert.equal(new Set(rounds.map(([first]) => first!.seed)).size, 8, 'each round has a load of its own')
})

test('a stopped comparison ends after a whole round, and the base runs against itself as often as needed', async () => {
  const { asked, base, head } = watched(always(1), always(2))
  const shorter = await interleave(base, head, { ...OPTIONS, rounds: 6, isEnoughOfItself: () => asked.length >= 4 })
  assert.deepEqual([shorter.aa.length, shorter.head.length], [2, 6])
  asked.length = 0
  const ran = await interleave(base, head, { ...OPTIONS, aaRounds: 0, isOver: (rounds) => rounds === 6 })
  assert.deepEqual([ran.base.length, ran.head.length, asked.length], [6, 6, 12])
})

const histogram = (...values: number[]) => {
  const records = CpuRecords.scratch({ cpus: 1, counters: 1, histograms: 1, locks: 0, oracles: 0 })
  for (const value of values) records.record(0, value)
  const own = new Histogram()
  own.add(records.histogram(0))
  return own.summary()
}

const LOCK: LockRow = {
  name: 'slotsLock',
  kind: 'qrwlock',
  side: 'read',
  acquisitions: 10,
  contended: 2,
  waitTotalNs: 300,
  waitMinNs: 100,
  waitMaxNs: 200,
  waitAvgNs: 150,
  holdTotalNs: 900,
  holdMaxNs: 90,
  who: [{ worker: 'vcpu 0', acquisitions: 10, contended: 2, waitTotalNs: 300, waitMaxNs: 200 }],
}

test('the rounds of a side become a run whose summaries follow from its trials', () => {
  const parts = [3, 1, 2].map((value, round) => ({
    round,
    seed: 70 + round,
    place: round,
    run: runOf(
      { faults_per_second: [value] },
      {
        counters: { pf_fixed: value, walk_depth_max: value },
        histograms: { fault_latency_ns: histogram(value, 1000 * value) },
        locks: [{ ...LOCK, waitMaxNs: 200 + value, who: [{ ...LOCK.who[0]!, waitMaxNs: 200 + value }] }],
        warnings: [
          'too few trials for an interval: the range of the trials is shown instead (1)',
          'the host became slower (12 %)',
        ],
      },
    ),
  }))
  const run = mergeParts(parts, { name: 'main', git: null, side: 'base' }, undefined)
  assert.deepEqual(faultsOf(resultOf([run])), [])
  assert.deepEqual([run.metrics.faults_per_second!.n, run.metrics.faults_per_second!.median], [3, 2])
  assert.deepEqual(
    run.trials.map(({ index, seed }) => [index, seed]),
    [
      [0, 70],
      [1, 71],
      [2, 72],
    ],
  )
  assert.equal(run.counters.pf_fixed, 6)
  assert.equal(run.histograms.fault_latency_ns!.hdr, histogram(1, 2, 3, 1000, 2000, 3000).hdr)
  assert.deepEqual([run.locks[0]!.acquisitions, run.locks[0]!.waitMaxNs, run.locks[0]!.waitAvgNs], [30, 203, 150])
  assert.deepEqual(run.warnings, ['the host became slower (3 of 3 rounds)'])
})

test('revisions are compared in pairs of rounds, even if one knows a parameter that the other does not', async () => {
  const newer = { params: { ...runOf({ a: [1] }).params, added: 5 }, definition: 'd2' }
  let drift = 100
  const { base, head } = watched(
    () => resultOf([runOf({ faults_per_second: [drift] })]),
    () => {
      drift *= 1.3
      return resultOf([runOf({ faults_per_second: [drift * 0.9] }, newer)])
    },
  )
  const ran = await interleave(async (seed) => ({ ...(await base(seed)), id: 'base' }), head, {
    ...OPTIONS,
    rounds: 10,
    aaRounds: 0,
  })
  const of = (side: 'base' | 'head') =>
    partsOf(ran[side]).map((parts) => mergeParts(parts, { name: side, git: null, side }, undefined))
  const result = resultOf([...of('base'), ...of('head')])
  const { changes, columns, differences } = compare([{ name: 'x', result }], {
    by: 'revision',
    alpha: 0.05,
    force: false,
    metrics: [],
  })
  assert.deepEqual(columns, ['base', 'head'])
  assert.deepEqual(differences, [], 'revisions may differ in their definition')
  assert.equal(changes[0]!.test.method, 'signed-rank')
})

test('the difference of the base from itself is kept for each round', () => {
  const one = (value: number) => always(value)()
  const noise = noiseOf(
    [
      [one(100), one(110)],
      [one(200), one(180)],
      [one(300), one(300)],
    ],
    0,
  )
  assert.deepEqual(noise!.faults_per_second, { ratio: 1, ci95: [0.9, 1.1], n: 3, ratios: [1.1, 0.9, 1] })
})
