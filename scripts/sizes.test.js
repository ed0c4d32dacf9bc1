import assert from 'node:assert/strict'
import { test } from 'node:test'
import { growths, SIZED, timesOf } from './sizes.js'

test('every input that has a size is made and taken', () => {
  for (const name of Object.keys(SIZED)) assert.equal(timesOf(name, [200]).length, 1)
})

test('four times as long for twice as much is more than linear, and what is too short to tell is not', () => {
  assert.deepEqual(growths([100, 200, 400]), [])
  assert.deepEqual(growths([100, 400, 1700]), [4, 4.25])
  assert.deepEqual(growths([1, 10, 100]), [])
})
