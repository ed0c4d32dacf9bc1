import assert from 'node:assert/strict'
import test from 'node:test'
import { ReplayError } from '../errors/faultline-error.ts'
import { MAX_PFNS } from '../shared-memory/page-tables/spte.ts'
import { Layout } from './layout.ts'
import type { RecordedMemslot } from './memslots.ts'

const HVA = 0x7_f546_bc00
const GIB = 2 ** 18
const slot = (number: number, baseGfn: number, hva: number, pages: number): RecordedMemslot => {
  return { slot: number, baseGfn, hva, pages }
}
const nothingAsked = () => assert.fail('the guest is not too large')

test('gfns stay as they are, and hvas become small', () => {
  const layout = new Layout([slot(0, 0, HVA, 4096), slot(1, 0x100000, HVA + 2 ** 30, 512)], nothingAsked)
  assert.deepEqual(
    layout.memslots.map(({ baseGfn, pages }) => [baseGfn, pages]),
    [
      [0, 4096],
      [0x100000, 512],
    ],
  )
  assert.equal(layout.gfn(17), 17)
  assert.equal(layout.gfn(0x1001ff), 0x1001ff)
  assert.equal(layout.gfn(4096), -1)
  assert.equal(layout.gfn(0x100200), -1)
  assert.equal(layout.startHva(HVA + 17), layout.memslots[0]!.hva + 17)
  assert.ok(layout.memslots.every(({ hva }) => hva < 2 ** 20))
  assert.equal(layout.warning, undefined)
})

test('memslots that share hvas go on sharing them', () => {
  const { memslots } = new Layout([slot(0, 0, HVA, 1024), slot(1, 0x4000, HVA + 512, 1024)], nothingAsked)
  assert.equal(memslots[1]!.hva - memslots[0]!.hva, 512)
})

test('a memslot whose gfns do not fit is moved down and keeps its place within 2 MiB', () => {
  const layout = new Layout([slot(0, 0, HVA, 600), slot(1, 2 ** 33 + 7, HVA + 4096, 512)], nothingAsked)
  const moved = layout.memslots[1]!
  assert.equal(moved.baseGfn % 512, 7)
  assert.ok(moved.baseGfn >= 600 && moved.baseGfn < 600 + 512)
  assert.equal(layout.gfn(2 ** 33 + 7), moved.baseGfn)
})

test('blocks without a fault are squeezed if the guest is too large, and the result says so', () => {
  const pages = 1024 * GIB
  const low = slot(0, 0, HVA, 3 * GIB)
  const high = slot(1, 4 * GIB, HVA + 3 * GIB, pages - 3 * GIB)
  const touched = [10, 700, 3 * GIB + 5 * 512, pages - 1]
  const blocks = new Set(touched.map((page) => Math.floor((HVA + page) / 512)))
  const layout = new Layout([low, high], () => blocks)
  const gfnOf = (page: number) => (page < 3 * GIB ? page : page + GIB)

  assert.match(layout.warning!, /^the guest has 1,024 GiB and a run models 32 GiB/)
  const size = layout.memslots.reduce((sum, placed) => sum + placed.pages, 0)
  assert.ok(size < 10 * 1024)
  for (const page of touched) {
    const gfn = layout.gfn(gfnOf(page))
    const placed = layout.memslots.find(({ baseGfn, pages: own }) => gfn >= baseGfn && gfn < baseGfn + own)!
    assert.equal(placed.slot, page < 3 * GIB ? 0 : 1)
    // An invalidation of the page hits its gfn, and one of the next page does not.
    assert.equal(layout.startHva(HVA + page) - placed.hva, gfn - placed.baseGfn)
    assert.equal(layout.endHva(HVA + page, HVA + page + 1), layout.startHva(HVA + page) + 1)
    assert.equal(gfn % 512, gfnOf(page) % 512)
  }
  const untouched = layout.startHva(HVA + 2 * GIB)
  assert.ok(untouched > layout.memslots[0]!.hva && untouched < layout.memslots[0]!.hva + layout.memslots[0]!.pages)
})

test('a guest that touches more than can be modelled is refused', () => {
  const pages = 64 * GIB
  const all = new Set(Array.from({ length: MAX_PFNS / 2 / 512 + 1 }, (_, block) => HVA / 512 + block))
  assert.throws(
    () => new Layout([slot(0, 0, HVA, pages)], () => all),
    (error: unknown) =>
      error instanceof ReplayError && error.message.startsWith('the guest has 64 GiB, of which 32 GiB'),
  )
})
