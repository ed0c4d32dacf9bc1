import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Random } from '../workers/random.ts'
import { median, medianInterval, pairedRatio } from './statistics.ts'

const samples = fc.array(fc.double({ min: 1, max: 1e6, noNaN: true }), { minLength: 3, maxLength: 30 })

test('an interval of the median encloses it and lies within the samples', () => {
  fc.assert(
    fc.property(samples, (values) => {
      const [low, high] = medianInterval(values)
      const middle = median(values)
      assert.ok(low <= middle && middle <= high)
      assert.ok(low >= Math.min(...values) && high <= Math.max(...values))
    }),
  )
})

test('the same samples give the same interval, in whatever order they come', () => {
  fc.assert(
    fc.property(samples, (values) => {
      assert.deepEqual(medianInterval(values), medianInterval(values.toReversed()))
    }),
  )
})

test('a 95 % interval misses the true median in about one case of twenty', () => {
  const random = new Random(7)
  const uniform = () => random.next() / 2 ** 32
  let missed = 0
  const cases = 400
  for (let each = 0; each < cases; each += 1) {
    const [low, high] = medianInterval(Array.from({ length: 20 }, uniform))
    if (low > 0.5 || high < 0.5) missed += 1
  }
  assert.ok(missed / cases < 0.1, `missed ${missed} of ${cases}`)
  assert.ok(missed > 0, 'an interval that is never wrong is too wide')
})

test('a ratio is paired in the order of the trials, so a drift that both share cancels out', () => {
  const baseline = [100, 110, 120, 130, 140, 150]
  const ratio = pairedRatio(
    baseline,
    baseline.map((value) => value * 1.1),
  )!
  assert.ok(Math.abs(ratio.ratio - 1.1) < 1e-9)
  assert.ok(ratio.isResolved)
  assert.ok(ratio.ci95[1] - ratio.ci95[0] < 1e-9)
})

test('equal samples are not resolved, and neither are four pairs however different', () => {
  assert.equal(pairedRatio([1, 2, 3, 2, 1, 2], [2, 1, 2, 3, 2, 1])!.isResolved, false)
  assert.equal(pairedRatio([1, 1, 1, 1], [9, 9, 9, 9])!.isResolved, false)
  assert.equal(pairedRatio([1, 1, 1, 1, 1], [9, 9, 9, 9, 9])!.isResolved, true)
})

test('a baseline of zeros has no ratio', () => {
  assert.equal(pairedRatio([0, 0, 0, 0, 0], [1, 2, 3, 4, 5]), undefined)
})

test('on pairs of equal distributions a difference is claimed in at most one case of ten', () => {
  const random = new Random(11)
  const noisy = () => 100 + (random.next() / 2 ** 32) * 20
  let claimed = 0
  const cases = 300
  for (let each = 0; each < cases; each += 1) {
    const ten = () => Array.from({ length: 10 }, noisy)
    if (pairedRatio(ten(), ten())!.isResolved) claimed += 1
  }
  assert.ok(claimed / cases <= 0.1, `claimed ${claimed} of ${cases}`)
})
