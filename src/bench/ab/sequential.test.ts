import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Random } from '../../workers/random.ts'
import { compare } from '../comparing/compare.ts'
import { noisy, resultOf, runOf } from '../comparing/testing.contract.ts'
import type { Result } from '../result.ts'
import { areResolved, Sequence, spentBy } from './sequential.ts'

const OPTIONS = { by: 'revision', alpha: 0.05, force: false, metrics: [] }
const random = new Random(4)

function resultWith(rounds: number, factor: number, spread: number): Result {
  const side = (name: 'base' | 'head', centre: number) =>
    runOf({ faults_per_second: noisy(random, rounds, centre, spread) }, { revision: { name, git: null, side: name } })
  return resultOf([side('base', 100), side('head', 100 * factor)])
}

const at = (result: Result) => (alpha: number) => compare([{ name: 'x', result }], { ...OPTIONS, alpha })

test('the error rates of all looks add up to no more than alpha, at any times', () => {
  const never = at(resultWith(8, 1, 0.2))
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 130 }), { minLength: 1, maxLength: 12 }), (parts) => {
      const sequence = new Sequence(0.05)
      let rounds = 6
      for (const part of parts.toSorted((a, b) => a - b)) {
        rounds += 1
        if (sequence.isOver(rounds, part / 100, never)) break
      }
      const { looks } = sequence.end(rounds)
      const sum = looks.reduce((total, look) => total + look.alpha, 0)
      assert.ok(sum <= 0.05 + 1e-12 && looks.every((look) => look.alpha > 0), `${sum}`)
      assert.ok(looks.length <= 5)
    }),
    { numRuns: 20 },
  )
  assert.deepEqual(
    [0, 0.5, 1, 2].map((part) => spentBy(0.04, part)),
    [0, 0.01, 0.04, 0.04],
  )
})

test('a large difference ends a comparison at an early look, and the result says at which', () => {
  const sequence = new Sequence(0.05)
  const plain = at(resultWith(14, 1.5, 0.01))
  assert.equal(sequence.isOver(6, 0.1, plain), false)
  assert.equal(sequence.isOver(14, 0.5, plain), true)
  assert.deepEqual(sequence.end(14).looks, [{ rounds: 14, alpha: 0.0125, isResolved: true }])
})

test('a difference shown to be too small to matter is an answer, and a wide interval is not', () => {
  assert.equal(areResolved(at(resultWith(20, 1, 0.01))(0.0125)), true)
  assert.equal(areResolved(at(resultWith(20, 1, 0.3))(0.0125)), false)
  assert.equal(areResolved({ changes: [] }), false)
})

test('the last look of a comparison uses the error rate that earlier looks have left', () => {
  const result = resultWith(12, 1.1, 0.02)
  const looks = [
    { rounds: 6, alpha: 0.0125, isResolved: false },
    { rounds: 12, alpha: 0.0375, isResolved: true },
  ]
  assert.ok(Math.abs(at({ ...result, sequential: { alpha: 0.05, looks } })(0.05).alpha - 0.0375) < 1e-12)
  assert.equal(at(result)(0.05).alpha, 0.05)
})
