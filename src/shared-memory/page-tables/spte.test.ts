import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Gfn, Pfn } from '../addresses.ts'
import {
  childOf,
  FROZEN_SPTE,
  isFrozen,
  isLast,
  isMmio,
  isShadowPresent,
  MAX_PFNS,
  MMIO_SPTE,
  makeLeaf,
  makeNonleaf,
  NONPRESENT,
  pfnOf,
  R,
  roundForLevel,
  spteIndex,
  W,
  X,
} from './spte.ts'

const pfns = fc.integer({ min: 0, max: MAX_PFNS - 1 })
const levels = fc.constantFrom(1, 2, 3)

test('a leaf gives its pfn back, whatever its level and access, and is present and last', () => {
  fc.assert(
    fc.property(pfns, levels, fc.constantFrom(R, R | W, R | W | X), (pfn, level, access) => {
      const spte = makeLeaf(pfn as Pfn, level, access)
      assert.equal(pfnOf(spte), pfn)
      assert.ok(isShadowPresent(spte) && isLast(spte, level))
      assert.equal(spte & (R | W | X), access)
      assert.equal(isFrozen(spte) || isMmio(spte), false)
    }),
  )
})

test('a non-leaf gives its table back, and is not last above 4 KiB', () => {
  fc.assert(
    fc.property(pfns, levels, (table, level) => {
      const spte = makeNonleaf(table)
      assert.equal(childOf(spte), table)
      assert.ok(isShadowPresent(spte))
      assert.equal(isLast(spte, level + 1), false)
    }),
  )
})

test('what is not present is one of three things', () => {
  const states = [NONPRESENT, FROZEN_SPTE, MMIO_SPTE].map((spte) => [
    isShadowPresent(spte),
    isFrozen(spte),
    isMmio(spte),
  ])
  assert.deepEqual(states, [
    [false, false, false],
    [false, true, false],
    [false, false, true],
  ])
  assert.equal(FROZEN_SPTE, 0x5a0)
})

test('the indices of a gfn, put together again, are the gfn', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (number) => {
      const gfn = number as Gfn
      const whole = [1, 2, 3, 4].reduce((sum, level) => sum + spteIndex(gfn, level) * 512 ** (level - 1), 0)
      assert.equal(whole, gfn)
      assert.equal(roundForLevel(gfn, 2), gfn - (gfn % 512))
    }),
  )
})
