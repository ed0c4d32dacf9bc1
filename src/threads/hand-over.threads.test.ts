import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Control } from './control.ts'
import { HAND_OVER_WORDS, handOverAfterRun } from './hand-over.ts'

const words = () => new Int32Array(new SharedArrayBuffer(HAND_OVER_WORDS * 4))

test('a side that no other joins gives up, and one that comes too late does not wait for it', () => {
  const shared = words()
  assert.equal(handOverAfterRun(shared, 0, new Control()), 0)
  assert.equal(handOverAfterRun(shared, 1, new Control()), 0)
})

test('an aborted run plays no hand-overs', () => {
  const control = new Control()
  control.abort()
  assert.equal(handOverAfterRun(words(), 1, control), 0)
})
