import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Run } from '../../bench/result.ts'
import { SCENARIOS } from '../../bench/scenarios/all.ts'
import { phaseChart } from '../page/charts/phase.ts'
import { phasesOf } from './phase.ts'
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

const diagram = phasesOf(GROUPS, ['vcpus', 'range'], decision)[0]!

test('a map has the winner of each point, alike where figures are equal, and the frontier between regions', () => {
  assert.deepEqual(phaseText(diagram).slice(1, 7), [
    '   32  A  .',
    '   16  A| B',
    '       -  -',
    '    8  B| =',
    'range  2  4',
    'A old, B new; small: not resolved; =: no difference; | and -: the frontier',
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

test('a sweep over one parameter, or over four, or of one variant, has no map', () => {
  assert.deepEqual(phasesOf(GROUPS, ['vcpus'], decision), [])
  assert.deepEqual(phasesOf(GROUPS, ['vcpus', 'range', 'a', 'b'], decision), [])
  assert.deepEqual(
    phasesOf(
      GROUPS.map(([one]) => [one!]),
      ['vcpus', 'range'],
      decision,
    ),
    [],
  )
})

const pair = (params: Run['params'], one: number, other: number) => [
  runOf('old', params, one),
  runOf('new', params, other),
]
const SHAPES = ['swap', 'precopy', 'balloon']
const named = SHAPES.flatMap((shape) =>
  [16, 2].map((vcpus) => pair({ shape, vcpus }, 100, shape === 'precopy' ? 50 : 200)),
)

test('names are down, in the order of the plan, numbers across, and between names there is no frontier', () => {
  const [map] = phasesOf(named, ['shape', 'vcpus'], decision)
  assert.deepEqual(phaseText(map!).slice(1, 6), [
    '   swap   B   B',
    'precopy   A   A',
    'balloon   B   B',
    '  shape   2  16',
    'A old, B new; small: not resolved; =: no difference; |: the frontier',
  ])
  const { body } = phaseChart(map!)
  assert.deepEqual(body.ys, SHAPES)
  assert.ok(body.rows.flat().every(([, , , frontier]) => frontier === 0))
})

test('of three parameters there is a map for each value of that with the fewest', () => {
  const both = ['a', 'b'].flatMap((kind) =>
    named.map((runs) => runs.map((run) => ({ ...run, params: { ...run.params, kind } }))),
  )
  const maps = phasesOf(both, ['kind', 'shape', 'vcpus'], decision)
  assert.deepEqual(
    maps.map(({ at, x, y }) => [at, x.name, y.name]),
    [
      ['kind a', 'vcpus', 'shape'],
      ['kind b', 'vcpus', 'shape'],
    ],
  )
})

test('a map fits the terminal: some of the numbers stand below it, or numbers instead of names, or the page is named', () => {
  const grid = (columns: readonly (string | number)[]) =>
    columns.flatMap((column) => ['x', 'y'].map((row) => pair({ column, row }, 100, 200)))
  const wide = (columns: readonly (string | number)[], width: number) =>
    phaseText(phasesOf(grid(columns), ['column', 'row'], decision)[0]!, width)
  const numbers = Array.from({ length: 25 }, (_, at) => 100 + at * 50)
  const lines = wide(numbers, 60)
  assert.ok(lines.slice(1, 4).every((line) => line.length <= 60))
  assert.match(lines[3]!, /^row +\d+( +\d+)+$/)
  assert.deepEqual(
    wide(numbers, 40).map((line) => /the page draws it/.test(line)),
    [true],
  )
})
