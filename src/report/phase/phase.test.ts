import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Run } from '../../bench/result.ts'
import { SCENARIOS } from '../../bench/scenarios/all.ts'
import { phaseChart } from '../page/charts/phase.ts'
import { phaseOf } from './phase.ts'
import { phaseText } from './phase-text.ts'

const decision = SCENARIOS.find(({ name }) => name === 'precheck')!.decides.find(
  ({ metric }) => metric === 'faults_per_second',
)!

const runOf = (variant: string, params: Run['params'], rate: number) =>
  ({
    variant,
    params,
    kind: 'modelled',
    metrics: { faults_per_second: { median: rate, ci95: [rate, rate], unit: '1/s', better: 'higher', n: 1 } },
    trials: [],
  }) as unknown as Run

/** Rates of `old` and `new` by `vcpus` and `range`; the largest range has no point at 4 vCPUs. */
const GROUPS = (
  [
    [2, 8, 100, 200],
    [4, 8, 100, 100],
    [2, 16, 300, 100],
    [4, 16, 100, 300],
    [2, 32, 100, 50],
  ] as const
).map(([vcpus, range, one, other]) => [runOf('old', { vcpus, range }, one), runOf('new', { vcpus, range }, other)])

const diagram = phaseOf(GROUPS, ['vcpus', 'range'], decision)!

test('a map has the winner of each point, alike where figures are equal, and the frontier between regions', () => {
  assert.deepEqual(phaseText(diagram).slice(1, 7), [
    '   32  A  .',
    '   16  A| B',
    '       -  -',
    '    8  B| =',
    'range  2  4',
    'A old, B new; small: not resolved; =: alike; | and -: the frontier',
  ])
})

test('the chart says of each cell who wins, with the ratio to the next best, and where the frontier runs', () => {
  const { body } = phaseChart(diagram)
  assert.deepEqual(body.ys, ['32', '16', '8'])
  assert.deepEqual(
    body.rows.map((row) => row.map(([, , says]) => says)),
    [
      ['old wins, 2.00x', 'not run, or no figures'],
      ['old wins, 3.00x', 'new wins, 3.00x'],
      ['new wins, 2.00x', 'alike'],
    ],
  )
  assert.deepEqual(
    body.rows.map((row) => row.map(([, , , frontier]) => frontier)),
    [
      [0, 0],
      [3, 2],
      [1, 0],
    ],
  )
  assert.deepEqual(
    body.rows.map((row) => row.map(([winner, certainty]) => `${winner} ${certainty}`)),
    [
      ['0 sure', '-1 absent'],
      ['0 sure', '1 sure'],
      ['1 sure', '0 same'],
    ],
  )
})

test('a sweep over one parameter, or over three, or of one variant, has no map', () => {
  assert.equal(phaseOf(GROUPS, ['vcpus'], decision), undefined)
  assert.equal(phaseOf(GROUPS, ['vcpus', 'range', 'seed'], decision), undefined)
  assert.equal(
    phaseOf(
      GROUPS.map(([one]) => [one!]),
      ['vcpus', 'range'],
      decision,
    ),
    undefined,
  )
})
