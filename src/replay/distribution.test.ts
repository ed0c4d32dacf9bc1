import assert from 'node:assert/strict'
import test from 'node:test'
import { float64Column } from './column.ts'
import { bucketsOf, distributionOf } from './distribution.ts'

function column(numbers: readonly number[]) {
  const all = float64Column()
  for (const number of numbers) all.push(number)
  return all
}

test('percentiles are values that occur, of all parts together', () => {
  const numbers = Array.from({ length: 200 }, (_, index) => 200 - index)
  assert.deepEqual(distributionOf([column(numbers.slice(0, 70)), column([]), column(numbers.slice(70))]), {
    count: 200,
    total: 20_100,
    min: 1,
    median: 100,
    trimmedMean: 100.5,
    p99: 198,
    max: 200,
  })
  assert.deepEqual(distributionOf([column([7])]), {
    count: 1,
    total: 7,
    min: 7,
    median: 7,
    trimmedMean: 7,
    p99: 7,
    max: 7,
  })
  assert.equal(distributionOf([column([])]), undefined)
})

test('buckets are powers of two', () => {
  assert.deepEqual(bucketsOf(column([1, 2, 3, 512, 1023, 1024])), [
    { from: 1, count: 1 },
    { from: 2, count: 2 },
    { from: 512, count: 2 },
    { from: 1024, count: 1 },
  ])
})
