import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Gfn } from '../shared-memory/addresses.ts'
import { PagingStructureCache } from './nx/paging-structure-cache.ts'
import { Tlb } from './tlb.ts'

const GFN = 5 as Gfn

for (const flushes of [1, 2]) {
  test(`a TLB holds what was filled since it was flushed, after ${flushes} flushes too`, () => {
    const tlb = new Tlb(4)
    for (let round = 0; round < 3; round += 1) {
      assert.ok(!tlb.holds(GFN))
      tlb.fill(GFN, 7, 1)
      assert.ok(tlb.holds(GFN))
      for (let flush = 0; flush < flushes; flush += 1) tlb.flush()
    }
    assert.ok(!tlb.holds(GFN))
  })

  test(`a paging-structure cache holds what was filled since it was flushed, after ${flushes} flushes too`, () => {
    const psc = new PagingStructureCache()
    const none = psc.tableFor(GFN)
    for (let round = 0; round < 3; round += 1) {
      assert.equal(psc.tableFor(GFN), none)
      psc.fill(GFN, 3, 0)
      assert.equal(psc.tableFor(GFN), 3)
      for (let flush = 0; flush < flushes; flush += 1) psc.flush()
    }
    assert.equal(psc.tableFor(GFN), none)
  })
}
