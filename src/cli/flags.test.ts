import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FaultlineError } from '../errors/faultline-error.ts'
import { integers, milliseconds } from './flags.ts'

test('a time has a unit; a bare number is seconds', () => {
  assert.deepEqual(
    ['400ms', '2s', '1.5s', '0.4', '2m', '250us'].map((text) => milliseconds('duration', text)),
    [400, 2000, 1500, 400, 120_000, 0.25],
  )
})

test('what is not a time is refused with the flag and an example', () => {
  for (const text of ['', 'abc', '5 parsecs', '-1s', '0', '0ms', 'NaN', 'Infinity', '1e3']) {
    assert.throws(
      () => milliseconds('warmup', text),
      (error) => error instanceof FaultlineError && error.message.includes('--warmup') && error.hint.includes('400ms'),
      text,
    )
  }
})

test('a sweep is a list, a range, or both', () => {
  assert.deepEqual(integers('vcpus', '1,2,4', 1, 64), [1, 2, 4])
  assert.deepEqual(integers('vcpus', '1..4', 1, 64), [1, 2, 3, 4])
  assert.deepEqual(integers('vcpus', '1..3,8', 1, 64), [1, 2, 3, 8])
  assert.deepEqual(integers('vcpus', '2,1..3,2', 1, 64), [2, 1, 3])
})

test('a sweep never holds a number out of bounds', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        assert.ok(integers('vcpus', text, 1, 64).every((value) => Number.isInteger(value) && value >= 1 && value <= 64))
      } catch (error) {
        assert.ok(error instanceof FaultlineError)
      }
    }),
  )
})
