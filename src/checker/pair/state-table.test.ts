import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mixHigh, mixLow } from '../fingerprint.ts'
import { StateTable } from './state-table.ts'

const STATES = 100_000

function addAll(table: StateTable): number {
  let added = 0
  for (let state = 0; state < STATES; state += 1) if (table.add(mixLow(state, 1), mixHigh(state, 1))) added += 1
  return added
}

test('a table that grows keeps every state', () => {
  const table = new StateTable()
  const { byteLength } = table.buffer
  assert.equal(addAll(table), STATES)
  assert.ok(table.buffer.byteLength > byteLength)
  assert.equal(addAll(table), 0)
  assert.equal(table.size, STATES)
})

test('a table that was cleared has no state, and its room', () => {
  const table = new StateTable()
  addAll(table)
  const { buffer } = table
  table.clear()
  assert.equal(table.has(mixLow(7, 1), mixHigh(7, 1)), false)
  assert.equal(addAll(table), STATES)
  assert.equal(table.buffer, buffer)
})

test('a state that is passed through is known until others have taken its place, and takes no room', () => {
  const table = new StateTable()
  table.pass(mixLow(7, 1), mixHigh(7, 1))
  assert.equal(table.add(mixLow(7, 1), mixHigh(7, 1)), false)
  assert.equal(table.has(mixLow(7, 1), mixHigh(7, 1)), true)
  assert.deepEqual([table.size, table.stored], [1, 0])
  for (let state = 8; state < STATES; state += 1) table.pass(mixLow(state, 1), mixHigh(state, 1))
  assert.equal(table.add(mixLow(7, 1), mixHigh(7, 1)), true)
  assert.equal(table.stored, 1)
})

test('both halves of 0 are a state like any other', () => {
  const table = new StateTable()
  assert.equal(table.has(0, 0), false)
  assert.equal(table.add(0, 0), true)
  assert.equal(table.has(0, 0), true)
})
