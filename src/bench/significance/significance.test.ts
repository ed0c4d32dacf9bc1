import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { detectableByPairs, detectableByTwo } from './detectable.ts'
import { holm } from './holm.ts'
import { mannWhitney, smallestMannWhitney } from './mann-whitney.ts'
import { twoSidedTail } from './normal.ts'
import { signedRank, smallestSignedRank } from './signed-rank.ts'

const near = (value: number, expected: number, by = 1e-6) => assert.ok(Math.abs(value - expected) < by, `${value}`)
const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1)
const small = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 8 })

// Hollander and Wolfe (1973), p. 69: permeability of the human chorioamnion at term and at 12 to 26 weeks; R's example.
const TERM = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
const WEEKS = [1.15, 0.88, 0.9, 0.74, 1.21]
// Hollander and Wolfe (1973), p. 29: Hamilton depression scale, first and second visit; R's example.
const FIRST = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3]
const SECOND = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]

test('Mann-Whitney gives the p of published examples', () => {
  near(mannWhitney(TERM, WEEKS), 0.2544122544)
  // Ages at onset of diabetes, SciPy's example.
  near(mannWhitney([19, 22, 16, 29, 24], [20, 11, 17, 12]), 0.1111111111)
})

test('Mann-Whitney counts arrangements of ties, and approximates what is too many to count as SciPy does', () => {
  near(mannWhitney([1, 2, 2, 3, 5], [2, 4, 4, 6, 7, 7]), 0.0670995671)
  const shifted = upTo(25).map((value) => value + 4.5)
  near(mannWhitney(upTo(30), shifted), 0.4027596943)
  const times = (values: number[]) => [...values, ...values, ...values, ...values]
  near(mannWhitney(times([1, 1, 2, 2, 3, 3, 4]), times([2, 2, 3, 3, 4, 4, 5])), 0.0019313627)
})

test('the signed-rank test gives the p of published examples', () => {
  near(signedRank(FIRST.map((value, index) => value - SECOND[index]!)), 0.0390625)
  // Darwin's maize plants (Cureton 1967): two differences of 15 are negative.
  near(signedRank([6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75]), 0.0412597656)
  near(signedRank(upTo(70).map((value) => (value % 3 === 0 ? -value : value))), 0.01540125)
})

test('neither test knows which sample came first', () => {
  fc.assert(
    fc.property(small, small, (a, b) => {
      near(mannWhitney(a, b), mannWhitney(b, a), 1e-9)
      near(signedRank(a.map((value) => value - 15)), signedRank(a.map((value) => 15 - value)), 1e-9)
    }),
  )
})

test('neither test claims more than its sample size can, and equal values are no evidence', () => {
  for (const n of [2, 3, 5, 10]) {
    const [low, high] = [upTo(n), upTo(n).map((value) => value + 100)]
    near(mannWhitney(low, high), smallestMannWhitney(n, n), 1e-12)
    near(signedRank(upTo(n)), smallestSignedRank(n), 1e-12)
  }
  assert.equal(mannWhitney([3, 3, 3], [3, 3, 3]), 1)
  assert.equal(signedRank([0, 0, 0]), 1)
  assert.equal(mannWhitney([], [1]), 1)
})

test('the tail of the normal distribution is right where a table would say 0', () => {
  near(twoSidedTail(0), 1)
  near(twoSidedTail(1.959963985), 0.05, 1e-7)
  near(twoSidedTail(4.5) / 6.795346249e-6, 1, 1e-6)
})

test('Holm gives the adjusted p of the published procedure, in any order', () => {
  // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
  const adjusted = holm([0.01, 0.04, 0.03, 0.005])
  for (const [index, expected] of [0.03, 0.06, 0.06, 0.02].entries()) near(adjusted[index]!, expected, 1e-12)
  assert.deepEqual(holm([]), [])
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }), (ps) => {
      for (const [index, p] of holm(ps).entries()) assert.ok(p >= ps[index]! && p <= 1)
    }),
  )
})

test('what could have been seen is smaller with more trials, and unknown where nothing varies', () => {
  const noisy = (n: number) => upTo(n).map((value) => ((value * 7) % 10) / 100)
  assert.ok(detectableByTwo(noisy(40), noisy(40), 0.05)! < detectableByTwo(noisy(10), noisy(10), 0.05)!)
  assert.ok(detectableByPairs(noisy(40), 0.05)! < detectableByPairs(noisy(10), 0.05)!)
  assert.equal(detectableByTwo([1], [1], 0.05), undefined)
  near(detectableByTwo([1, 1], [1, 1], 0.05)!, 0)
})
