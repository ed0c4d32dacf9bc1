import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { Lines, MAX_LINE } from './lines.ts'

function split(chunks: readonly Buffer[]): string[] {
  const found: string[] = []
  const lines = new Lines((bytes, start, end) => found.push(bytes.toString('latin1', start, end)))
  for (const chunk of chunks) lines.push(chunk)
  lines.end()
  return found
}

/** Cuts at the given places. */
function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index]!, end))
}

test('a text gives the same lines wherever its chunks are cut', () => {
  const texts = fc.array(fc.constantFrom('', 'a', 'bc', '\r', 'd\r', 'e f')).map((parts) => parts.join('\n'))
  fc.assert(
    fc.property(texts, fc.array(fc.nat()), (text, places) => {
      const bytes = Buffer.from(text)
      assert.deepEqual(split(cutAt(bytes, places)), split([bytes]))
    }),
    { numRuns: 2000 },
  )
})

test('a line may end with a carriage return, and the last line with nothing', () => {
  assert.deepEqual(split([Buffer.from('one\r\ntwo\n\nthree')]), ['one', 'two', '', 'three'])
})

test('only the beginning of a line without an end is held', () => {
  const chunk = Buffer.alloc(MAX_LINE / 2 + 1, 'x')
  const found = split([chunk, chunk, chunk, chunk, Buffer.from('\nnext\n')])
  assert.deepEqual(
    found.map(({ length }) => length),
    [MAX_LINE, 4],
  )
})
