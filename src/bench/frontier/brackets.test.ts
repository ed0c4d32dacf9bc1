import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Run } from '../result.ts'
import { SCENARIOS } from '../scenarios/all.ts'
import { bracketsOf, middle, nextIn, type Point, type Spot } from './brackets.ts'

const scenario = SCENARIOS.find(({ name }) => name === 'precheck')!

/** Runs in which `new` wins beyond the frontier. */
const runsAt = (isBeyond: boolean): Run[] =>
  (['old', 'new'] as const).map((variant) => {
    const rate = (variant === 'new') === isBeyond ? 200 : 100
    const metric = { median: rate, ci95: [rate, rate], unit: '1/s', better: 'higher', assume: 'exact', n: 1 }
    return {
      variant,
      kind: 'modelled',
      params: {},
      trials: [],
      metrics: { faults_per_second: metric },
    } as unknown as Run
  })

const spotsOf = (points: readonly Point[], isBeyond: (at: Point) => boolean): Spot[] =>
  points.map((at) => ({ family: 0, at, scenario, runs: runsAt(isBeyond(at)) }))

const GRID: Point[] = ['1', '16', '64'].flatMap((vcpus) => ['10', '100', '1000'].map((pause) => [vcpus, pause]))
const beyond = ([vcpus, pause]: Point) => Number(vcpus) * 20 > Number(pause)

/** All points that are added for brackets. */
function spent(bracket: ReturnType<typeof bracketsOf>[number], isBeyond: (at: Point) => boolean): Point[] {
  const cells = [bracket.low, bracket.high].map((at) => bracket.cellOf(runsAt(isBeyond(at)))!) as [never, never]
  const points: Point[] = []
  for (;;) {
    const next = nextIn(
      bracket,
      cells,
      points.map((at) => runsAt(isBeyond(at))),
    )
    if (next === undefined) return points
    points.push(next)
  }
}

test('points are added between every two neighbours with different winners, along each swept parameter', () => {
  const brackets = bracketsOf(['vcpus', 'pause-us'], spotsOf(GRID, beyond), 10)
  assert.deepEqual(
    brackets.map(({ low, high, most }) => [low.join('/'), high.join('/'), most]),
    [
      ['1/10', '1/100', 3],
      ['1/100', '16/100', 3],
      ['16/100', '16/1000', 2],
      ['16/1000', '64/1000', 2],
    ],
  )
  assert.deepEqual(spent(brackets[0]!, beyond), [
    ['1', '32'],
    ['1', '21'],
    ['1', '16'],
  ])
})

test('a parameter without numbers, and the seed, have no frontier to refine', () => {
  const words: Point[] = ['precopy', 'swap'].map((shape) => [shape])
  assert.deepEqual(
    bracketsOf(
      ['shape'],
      spotsOf(words, ([shape]) => shape === 'swap'),
      10,
    ),
    [],
  )
  const seeds: Point[] = [['1'], ['9']]
  assert.deepEqual(
    bracketsOf(
      ['seed'],
      spotsOf(seeds, ([seed]) => seed === '9'),
      10,
    ),
    [],
  )
})

test('in any sweep, each added point lies between two points of the frontier, is run once, and their number is at most the requested one', () => {
  const size = fc.uniqueArray(fc.integer({ min: 1, max: 5000 }), { minLength: 2, maxLength: 6 })
  fc.assert(
    fc.property(size, fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 60 }), (values, frontier, most) => {
      const isBeyond = ([value]: Point) => Number(value) > frontier
      const spots = spotsOf(
        values.map((value) => [String(value)]),
        isBeyond,
      )
      const brackets = bracketsOf(['range'], spots, most)
      assert.ok(brackets.length <= 1)
      for (const bracket of brackets) {
        const points = spent(bracket, isBeyond).map(([value]) => Number(value))
        assert.ok(points.length <= most)
        assert.equal(new Set([...values, ...points]).size, values.length + points.length)
        const tried = [Number(bracket.low[0]), ...points, Number(bracket.high[0])]
        const low = Math.max(...tried.filter((value) => value <= frontier))
        const high = Math.min(...tried.filter((value) => value > frontier))
        const isNarrow = middle(bracket, [String(low)], [String(high)]) === undefined
        assert.ok(points.length === bracket.most || isNarrow, `${points} between ${bracket.low} and ${bracket.high}`)
      }
    }),
  )
})
