import assert from 'node:assert/strict'
import test from 'node:test'
import { float64Column, uint32Column } from './column.ts'

test('a column gives back what was pushed, across the borders of its chunks', () => {
  for (const column of [float64Column(), uint32Column()]) {
    const count = 100_000
    for (let value = 0; value < count; value += 1) column.push(value * 3)
    assert.equal(column.length, count)
    for (let index = 0; index < count; index += 1) assert.equal(column.at(index), index * 3)
  }
})
