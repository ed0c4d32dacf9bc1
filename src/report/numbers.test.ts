import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columns, compact, ratioText, share, time } from './numbers.ts'

test('numbers have three significant digits and the unit that fits them', () => {
  assert.deepEqual([0, 1, 12.345, 999.4, 999.6, 188_440, 2_500_000, 0.00421].map(compact), [
    '0',
    '1.00',
    '12.3',
    '999',
    '1.00k',
    '188k',
    '2.50M',
    '0.0042',
  ])
  assert.deepEqual([0, 585, 36_280, 7_470_000, 1_500_000_000].map(time), [
    '0 ns',
    '585 ns',
    '36.3 us',
    '7.47 ms',
    '1.50 s',
  ])
  assert.equal(share(0.0684), '6.84 %')
  assert.equal(ratioText(1.5, [1.46, 1.53]), '1.50x [1.46, 1.53]')
})

test('columns are aligned, the first to the left', () => {
  assert.equal(
    columns([
      ['a', '1'],
      ['bbb', '22'],
    ]),
    'a     1\nbbb  22',
  )
})
