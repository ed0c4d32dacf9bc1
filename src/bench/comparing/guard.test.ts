import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Noise } from '../result.ts'
import { guardOf } from './guard.ts'

const NONE = { base: [1], head: [1], pairs: [] }
const rounds = (...ratios: number[]): Noise[] => [{ ratio: 1, ci95: [1, 1], n: ratios.length, ratios }]
const near = (value: number, expected: number) => assert.ok(Math.abs(value - expected) < 1e-12, `${value}`)

test('a guard is the larger end of an interval that leaves out the most extreme rounds', () => {
  // Ten rounds: three on each side would leave an interval of 66 %, two leave one of 89 %.
  const ten = [-9, -8, -3, -2, -1, 0, 1, 2, 8, 9].map(Math.exp)
  near(guardOf(NONE, rounds(...ten)), 3)
  near(guardOf(NONE, rounds(...[-9, -1, 0, 1, 9].map(Math.exp))), 1)
  near(guardOf(NONE, rounds(...[1, 2, 9].map(Math.exp))), 2)
  assert.equal(guardOf(NONE, rounds(5)), 0)
})

test('with more trials the guard of a few rounds shrinks, but never below their median', () => {
  const few = rounds(...[0.1, 0.2, 0.3, 0.4, 0.5].map(Math.exp))
  const of = (trials: number) =>
    guardOf({ ...NONE, base: new Array(trials).fill(1), head: new Array(trials).fill(1) }, few)
  near(of(5), 0.4)
  near(of(20), 0.35)
  assert.ok(of(2000) > 0.3)
})

test('a round without a value counts as the most extreme, and has no other effect', () => {
  near(guardOf(NONE, rounds(0, 0.9, 1, 1.1, 1.2)), -Math.log(0.9))
  near(guardOf(NONE, rounds(0, 0, 0, 1, 1.1)), Math.log(1.1))
})

test('a file that has only the interval of its rounds is guarded by both ends', () => {
  near(guardOf(NONE, [{ ratio: 1.4, ci95: [1.05, 2.63], n: 5 }]), Math.log(2.63))
  near(guardOf(NONE, [{ ratio: 1, ci95: [0, 1.1], n: 5 }]), Math.log(1.1))
})

test('without A/A rounds, halves of the trials are the guard, without the drift that pairs share', () => {
  const drift = [1, 2, 4, 8, 16, 32, 64, 128]
  const pairs = drift.map((value, at) => [value, value * (at % 2 === 0 ? 1.1 : 1.2)] as const)
  near(guardOf({ ...NONE, pairs }, []), Math.log(1.2 / 1.1) / Math.SQRT2)
  near(guardOf({ ...NONE, base: drift }, []), Math.log(2))
})

test('a guard does not depend on the order within a round or the unit, and the effect of one round is bounded', () => {
  const ratio = fc.integer({ min: -100, max: 100 }).map((value) => Math.exp(value / 100))
  fc.assert(
    fc.property(fc.array(ratio, { minLength: 4, maxLength: 20 }), fc.integer({ min: 0, max: 3 }), (all, at) => {
      near(guardOf(NONE, rounds(...all.map((one) => 1 / one))), guardOf(NONE, rounds(...all)))
      const spoilt = all.map((one, index) => (index === at ? 1e9 : one))
      assert.ok(guardOf(NONE, rounds(...spoilt)) <= Math.max(...all.map((one) => Math.abs(Math.log(one)))) + 1e-12)
    }),
  )
})
