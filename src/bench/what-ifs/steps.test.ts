import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { boundOf, directionOf, type Step, stepBetween, turns } from './steps.ts'

const near = (value: number, expected: number) => assert.ok(Math.abs(value - expected) < 1e-9, `${value}`)
const of = (mean: number, error = 0.01, seeds = 16): Step => ({ mean, error, seeds })

test('a step is the mean change over the seeds that both sides have, relative to the figure, with its standard error', () => {
  const { mean, error } = stepBetween([90, 100, 110], [108, 122, 130])
  near(mean, 20 / 110)
  near(error, 2 / Math.sqrt(3) / 110)
})

test('what all seeds have in common is no noise: the same change for each has no error, whatever the figures are', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 100, max: 1000 }), { minLength: 2, maxLength: 20 }), (before) => {
      const { mean, error } = stepBetween(
        before,
        before.map((value) => value + 10),
      )
      return mean > 0 && error < 1e-12
    }),
  )
})

test('a step has a direction only beyond its noise, and beyond what a histogram tells apart', () => {
  assert.equal(directionOf(of(0.06)), 1)
  assert.equal(directionOf(of(-0.06)), -1)
  assert.equal(directionOf(of(0.05)), 0)
  assert.equal(directionOf(of(0.001, 0)), 0)
})

test('the fewer the seeds, the more a step must exceed its standard error, and three tell nothing', () => {
  const bounds = [3, 4, 6, 8, 16, 64].map((seeds) => boundOf(of(1, 0.01, seeds)))
  assert.deepEqual(bounds, [Number.POSITIVE_INFINITY, 0.28, 0.1118, 0.0788, 0.0524, 0.0415])
})

test('a figure turns only if it rises and falls, each beyond the noise', () => {
  assert.equal(turns([of(0.06), of(0.2)]), false)
  assert.equal(turns([of(0.06), of(-0.03)]), false)
  assert.equal(turns([of(0.06), of(-0.06)]), true)
})
