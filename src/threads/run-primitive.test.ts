import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ranAs } from './run-primitive.ts'

test('operations of more workers than cores are divided by the longest window: one without a core did nothing meanwhile', () => {
  const results = [
    { measured: 700, guardedOperations: 900, spanMs: 100, longestMs: 3 },
    { measured: 300, guardedOperations: 400, spanMs: 40, longestMs: 40 },
    { measured: 0, guardedOperations: 0, spanMs: 0, longestMs: 0 },
  ]
  assert.deepEqual(ranAs(results, 1300), { operations: [700, 300, 0], spanMs: 100, longestMs: 40, lost: 0 })
})

test('a worker that is not measured has a window, and neither operations nor waits', () => {
  const results = [
    { measured: null, guardedOperations: 50, spanMs: 120, longestMs: 60 },
    { measured: 300, guardedOperations: 0, spanMs: 100, longestMs: 2 },
  ]
  assert.deepEqual(ranAs(results, 48), { operations: [300], spanMs: 120, longestMs: 2, lost: 2 })
})

test('a worker alone waits for no other, so it has no longest wait', () => {
  const alone = { measured: 5, guardedOperations: 5, spanMs: 9, longestMs: null }
  assert.equal(ranAs([alone], 5).longestMs, null)
})
