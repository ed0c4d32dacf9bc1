import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Pfn } from '../addresses.ts'
import {
  INVALID_PTE,
  isExecutable,
  isLeaf,
  isLocked,
  isTable,
  isValid,
  LOCKED_PTE,
  makePte,
  makeTable,
  needsUpdate,
  pfnOfStage2,
  S2_W,
  S2_X,
  tableOf,
} from './stage2-pte.ts'

const anyPfn = fc.nat(0xff_ffff).map((pfn) => pfn as Pfn)
const anyPermissions = fc.constantFrom(0, S2_W, S2_X, S2_W | S2_X)

test('a leaf holds its page and what it allows', () => {
  fc.assert(
    fc.property(anyPfn, anyPermissions, (pfn, permissions) => {
      const pte = makePte(pfn, permissions)
      assert.equal(pfnOfStage2(pte), pfn)
      assert.equal(isExecutable(pte), (permissions & S2_X) !== 0)
      assert.deepEqual([isValid(pte), isLeaf(pte), isTable(pte), isLocked(pte)], [true, true, false, false])
    }),
  )
})

test('a table, an invalid entry and a locked one are not taken for a leaf', () => {
  fc.assert(
    fc.property(anyPfn, (number) => {
      assert.equal(tableOf(makeTable(number)), number)
      assert.deepEqual([isTable(makeTable(number)), isLeaf(makeTable(number))], [true, false])
    }),
  )
  for (const pte of [INVALID_PTE, LOCKED_PTE]) assert.deepEqual([isValid(pte), isExecutable(pte)], [false, false])
})

test('an entry is replaced for another page, and not for another permission', () => {
  fc.assert(
    fc.property(anyPfn, anyPfn, anyPermissions, anyPermissions, (pfn, other, before, after) => {
      assert.equal(needsUpdate(makePte(pfn, before), makePte(other, after)), pfn !== other)
      assert.equal(needsUpdate(INVALID_PTE, makePte(pfn, after)), true)
    }),
  )
})
