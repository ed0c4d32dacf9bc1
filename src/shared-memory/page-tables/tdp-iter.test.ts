import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Gfn, Pfn } from '../addresses.ts'
import { Place } from '../place.ts'
import { Stage } from '../testing.contract.ts'
import { PageTables, tablesFor } from './page-tables.ts'
import { isPresentLeaf, isShadowPresent, makeLeaf, makeNonleaf, pagesPerLevel, R } from './spte.ts'
import { TdpIter } from './tdp-iter.ts'

/** Page tables in which these gfns are mapped, and a stage for one walk. */
function mapped(gfns: readonly number[]) {
  const place = new Place()
  const tables = new PageTables(place, tablesFor(gfns.map((baseGfn) => ({ baseGfn, pages: 1 }))) + 1, 1)
  const memory = new Int32Array(place.words)
  let next = 0
  for (const gfn of gfns as readonly Gfn[]) {
    let table = tables.root
    for (let level = 4; level > 1; level -= 1) {
      const sptep = tables.sptep(table, gfn, level)
      if (!isShadowPresent(memory[sptep]!)) {
        next += 1
        memory[sptep] = makeNonleaf(next)
      }
      table = memory[sptep]! >>> 8
    }
    memory[tables.sptep(table, gfn, 1)] = makeLeaf(gfn as number as Pfn, 1, R)
  }
  return { place, tables, memory }
}

type Visit = { readonly gfn: number; readonly level: number; readonly isLeaf: boolean }

/** All entries that a walk of [from, end) visits; it yields at each visit that `yieldsAt` names. */
function walk(gfns: readonly number[], from: number, end: number, yieldsAt: readonly number[] = []): Visit[] {
  const { place, tables, memory } = mapped(gfns)
  const visits: Visit[] = []
  const stage = new Stage(
    place,
    [
      function* (cpu) {
        const iter = new TdpIter(tables)
        yield* iter.start(cpu, 1, from as Gfn)
        for (; iter.valid && iter.gfn < end; yield* iter.next(cpu)) {
          const mayYield = iter.nextLastLevelGfn !== iter.yieldedGfn
          if (mayYield && yieldsAt.includes(visits.length)) {
            iter.yielded = true
            visits.push({ gfn: -1, level: iter.level, isLeaf: false })
            continue
          }
          visits.push({ gfn: iter.gfn, level: iter.level, isLeaf: isPresentLeaf(iter.oldSpte, iter.level) })
        }
      },
    ],
    memory,
  )
  assert.ok(stage.finish())
  return visits
}

const leafs = (visits: readonly Visit[]) => visits.filter(({ isLeaf }) => isLeaf).map(({ gfn }) => gfn)
const someGfns = fc.uniqueArray(fc.nat(3000), { maxLength: 30 })

test('a walk visits every leaf of the range once, in order, and none outside', () => {
  fc.assert(
    fc.property(someGfns, fc.nat(3000), fc.integer({ min: 1, max: 2000 }), (gfns, from, width) => {
      const expected = gfns.filter((gfn) => gfn >= from && gfn < from + width).sort((a, b) => a - b)
      assert.deepEqual(leafs(walk(gfns, from, from + width)), expected)
    }),
    { numRuns: 60 },
  )
})

test('a walk that yields misses no leaf and visits none twice', () => {
  const yields = fc.array(fc.nat(400), { maxLength: 40 })
  fc.assert(
    fc.property(someGfns, yields, (gfns, yieldsAt) => {
      assert.deepEqual(
        leafs(walk(gfns, 0, 3001, yieldsAt)),
        [...gfns].sort((a, b) => a - b),
      )
    }),
    { numRuns: 60 },
  )
})

test('a walk goes from the root down, an entry before the table below it', () => {
  const levels = walk([5], 5, 6).map(({ level, gfn }) => [level, gfn])
  assert.deepEqual(levels, [
    [4, 0],
    [3, 0],
    [2, 0],
    [1, 5],
  ])
})

test('after a yield the walk starts from the root, at the gfn that it had come to', () => {
  const visits = walk([5, 6], 5, 7, [4])
  assert.deepEqual(
    visits.map(({ gfn, level }) => [gfn, level]),
    [
      [0, 4],
      [0, 3],
      [0, 2],
      [5, 1],
      [-1, 1],
      [0, 4],
      [0, 3],
      [0, 2],
      [6, 1],
    ],
  )
})

test('a walk may not yield before it has stepped sideways', () => {
  const { place, tables, memory } = mapped([5])
  const stage = new Stage(
    place,
    [
      function* (cpu) {
        const iter = new TdpIter(tables)
        yield* iter.start(cpu, 1, 5 as Gfn)
        while (iter.level > 1) yield* iter.next(cpu)
        return iter.nextLastLevelGfn === iter.yieldedGfn
      },
    ],
    memory,
  )
  stage.run(0)
  assert.equal(stage.resultOf(0), true)
})

test('an entry covers 512 entries of the level below', () => {
  assert.deepEqual([1, 2, 3, 4].map(pagesPerLevel), [1, 512, 512 ** 2, 512 ** 3])
})

test('there are tables enough for every gfn of the ranges', () => {
  fc.assert(
    fc.property(someGfns, (gfns) => {
      const needed = new Set(gfns.map((gfn) => gfn >> 9)).size + new Set(gfns.map((gfn) => gfn >> 18)).size
      assert.ok(tablesFor(gfns.map((baseGfn) => ({ baseGfn, pages: 1 }))) >= needed + 1)
    }),
  )
})
