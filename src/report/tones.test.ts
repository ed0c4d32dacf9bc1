import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fit } from './fit.ts'
import { leftColumns } from './numbers.ts'
import { coloured, marked, padEnd, widthOf } from './tones.ts'

/** A unit stays with its figure. */
const isUnit = (word: string) => /^(?:%|[num]?s)[.,]*$/.test(word)
const word = fc.stringMatching(/^[a-z0-9.,%]{1,30}$/).filter((one) => !isUnit(one))
const words = fc.array(word, { minLength: 1, maxLength: 30 })
const terminals = fc.integer({ min: 20, max: 120 })

test('text is broken between words only, and no line is wider than the terminal unless one word is', () => {
  fc.assert(
    fc.property(words, terminals, (parts, width) => {
      const lines = fit(parts.join(' '), width).split('\n')
      assert.deepEqual(
        lines.flatMap((line) => line.trim().split(' ')),
        parts,
      )
      for (const line of lines) assert.ok(widthOf(line) <= width || !line.trim().includes(' '))
    }),
  )
})

test('a figure is not parted from its unit, and from nothing else', () => {
  assert.equal(fit('it is 17 %, and 3 us', 10), 'it is\n  17 %,\n  and 3 us')
  assert.equal(fit('they are 17 units', 11), 'they are 17\n  units')
})

test('without a terminal a line is as long as it is', () => {
  const long = 'word '.repeat(100)
  assert.equal(fit(long, undefined), long)
})

test('prose in columns goes on below its own column, or below the row where that is too narrow', () => {
  const rows = [['precheck', 'threads', 'one two three four five six seven eight nine ten']]
  assert.equal(
    leftColumns(rows, 44),
    'precheck  threads  one two three four five\n                   six seven eight nine ten',
  )
  assert.equal(leftColumns(rows, 30), 'precheck  threads\n  one two three four five six\n  seven eight nine ten')
})

test('a tone has no width, and becomes a colour on the terminal', () => {
  const text = marked('3 worse', 'worse')
  assert.equal(widthOf(text), 7)
  assert.equal(widthOf(padEnd(text, 10)), 10)
  assert.equal(coloured(text), '\x1b[31m3 worse\x1b[39m')
})
