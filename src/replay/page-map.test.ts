import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { PageMap } from './page-map.ts'

type Stretch = { readonly start: number; readonly end: number; readonly isKept: boolean }

/** Stretches in order, close together and far apart, up to the end of a 57-bit address space. */
const stretches = fc
  .array(
    fc.tuple(fc.oneof(fc.nat(3), fc.nat(3000), fc.nat(2 ** 40)), fc.integer({ min: 1, max: 2000 }), fc.boolean()),
    {
      maxLength: 6,
    },
  )
  .map((parts) => {
    let next = 0
    return parts.map(([gap, length, isKept]): Stretch => {
      const start = next + gap
      next = start + length
      return { start, end: next, isKept }
    })
  })

/** A place at or near an edge, or anywhere. */
const place = (all: readonly Stretch[]) => {
  const edges = [0, ...all.flatMap(({ start, end }) => [start, end])]
  const near = fc.tuple(fc.constantFrom(...edges), fc.integer({ min: -3, max: 600 })).map(([edge, by]) => edge + by)
  return fc.oneof(near, fc.nat(2 ** 45)).map((page) => Math.max(0, page))
}

const withRange = stretches.chain((all) =>
  fc.record({
    all: fc.constant(all),
    start: place(all),
    length: fc.oneof(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 1, max: 2 ** 42 }),
    ),
    other: place(all),
  }),
)

test('a range reaches into exactly the stretches into which it reached before', () => {
  const property = fc.property(withRange, ({ all, start, length }) => {
    const map = new PageMap(all)
    const end = start + length
    const [from, to] = [map.of(start), map.endOf(start, end)]
    assert.ok(to > from)
    for (const stretch of all) {
      const first = map.of(stretch.start)
      const last = map.endOf(stretch.start, stretch.end)
      assert.equal(from < last && to > first, start < stretch.end && end > stretch.start)
    }
  })
  fc.assert(property, { numRuns: 5000 })
})

test('in a stretch that is kept a range covers the same pages as before', () => {
  const property = fc.property(withRange, ({ all, start, length }) => {
    const map = new PageMap(all)
    const [from, to] = [map.of(start), map.endOf(start, start + length)]
    for (const stretch of all.filter(({ isKept }) => isKept)) {
      const first = map.of(stretch.start)
      const clip = (page: number, low: number, high: number) => Math.min(Math.max(page, low), high) - low
      const size = stretch.end - stretch.start
      assert.equal(clip(from, first, first + size), clip(start, stretch.start, stretch.end))
      assert.equal(clip(to, first, first + size), clip(start + length, stretch.start, stretch.end))
    }
  })
  fc.assert(property, { numRuns: 5000 })
})

test('order is kept, and so is the place within 2 MiB at either end of a stretch', () => {
  const property = fc.property(withRange, ({ all, start, other }) => {
    const map = new PageMap(all)
    const [low, high] = [Math.min(start, other), Math.max(start, other)]
    assert.ok(map.of(low) <= map.of(high))
    for (const stretch of all) assert.equal(map.of(stretch.start) % 512, stretch.start % 512)
  })
  fc.assert(property, { numRuns: 5000 })
})

test('what is not kept takes less than 1025 pages a stretch', () => {
  const property = fc.property(withRange, ({ all, start }) => {
    const kept = all.reduce((sum, stretch) => sum + (stretch.isKept ? stretch.end - stretch.start : 0), 0)
    assert.ok(new PageMap(all).of(start) < kept + (all.length * 2 + 1) * 1025)
  })
  fc.assert(property, { numRuns: 2000 })
})
