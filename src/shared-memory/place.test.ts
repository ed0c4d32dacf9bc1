import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { READ, type Word, WRITE } from './cpu.ts'
import { QRwLock } from './locks/qrwlock.ts'
import { layoutText, Place, WORDS_PER_LINE } from './place.ts'

const lineOf = (word: Word) => Math.floor(word / WORDS_PER_LINE)

test('a hot word has a line of its own', () => {
  const place = new Place()
  const words = [place.line('a'), place.line('b'), place.table('c', 1), place.line('d')]
  assert.deepEqual(words.map(lineOf), [0, 1, 2, 3])
})

test('words that belong together share a line, in their order', () => {
  const place = new Place('vm')
  place.line('hot')
  const { seq, count } = place.together(['seq', 'count'])
  assert.equal(lineOf(seq), 1)
  assert.equal(count, seq + 1)
  assert.equal(lineOf(place.line('next')), 2)
})

test('a table is one piece and begins on a line of its own', () => {
  const place = new Place()
  place.together(['a', 'b', 'c'])
  const table = place.table('table', 40)
  assert.equal(table, WORDS_PER_LINE)
  assert.equal(place.words, 3 * WORDS_PER_LINE)
})

test('names nest', () => {
  const place = new Place()
  const word = place.within('vm').within('mmuLock').line('cnts')
  assert.equal(place.nameOf(word), 'vm.mmuLock.cnts')
})

test('a word of a table is named by its index', () => {
  const place = new Place()
  place.line('a')
  const table = place.within('vm').table('sptes', 5)
  assert.equal(place.nameOf((table + 4) as Word), 'vm.sptes[4]')
})

test('a word without a place is named by its number', () => {
  const place = new Place()
  place.line('a')
  assert.equal(place.nameOf(1 as Word), 'word 1')
  assert.equal(new Place().nameOf(0 as Word), 'word 0')
})

test('locks are registered under the name of their place, in order', () => {
  const place = new Place()
  const lock = new QRwLock(place.within('mmuLock'), 2)
  assert.equal(lock.id, 0)
  assert.deepEqual(place.locks, [
    { id: 0, name: 'mmuLock', kind: 'rwlock' },
    { id: 1, name: 'mmuLock.waitLock', kind: 'qspinlock' },
  ])
  assert.deepEqual([READ, WRITE], [0, 1])
})

test('whatever is placed, no two words meet and every word keeps its name', () => {
  const piece = fc.oneof(
    fc.constant((place: Place, name: string) => [place.line(name)]),
    fc.integer({ min: 1, max: 70 }).map((count) => (place: Place, name: string) => {
      const first = place.table(name, count)
      return Array.from({ length: count }, (_, index) => (first + index) as Word)
    }),
    fc.integer({ min: 1, max: 40 }).map((count) => (place: Place, name: string) => {
      return Object.values(place.together(Array.from({ length: count }, (_, index) => `${name}.${index}`)))
    }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const place = new Place()
      const placed = pieces.map((put, index) => put(place, `p${index}`))
      const words = placed.flat()
      assert.equal(new Set(words).size, words.length)
      assert.ok(words.every((word) => word < place.words))
      const lines = placed.map((of) => new Set(of.map(lineOf)))
      assert.equal(
        new Set(lines.flatMap((of) => [...of])).size,
        lines.reduce((sum, of) => sum + of.size, 0),
      )
      for (const [index, of] of placed.entries()) {
        for (const word of of) assert.ok(place.nameOf(word).startsWith(`p${index}`))
      }
    }),
  )
})

test('the layout prints as a table: name, line, offset in bytes, written by', () => {
  const place = new Place('it')
  place.line('hot', 'owner')
  place.together(['a', 'b'], 'any CPU')
  place.table('sptes', 512)
  assert.equal(
    layoutText(place),
    [
      'name           line  offset  written by',
      'it.hot            0       0  owner',
      'it.a              1       0  any CPU',
      'it.b              1       4  any CPU',
      'it.sptes[512]     2       0  any',
    ].join('\n'),
  )
})

test('a lock that is placed for no number of CPUs is refused, as it would lack their lines', () => {
  assert.throws(() => new QRwLock(new Place('it').within('lock'), undefined as never), {
    message: 'it.lock.waitLock is placed for undefined CPUs: give the number of CPUs that use it, at least 1',
  })
  assert.throws(() => new QRwLock(new Place(), 0), RangeError)
  assert.throws(() => new QRwLock(new Place(), 1.5), RangeError)
})
