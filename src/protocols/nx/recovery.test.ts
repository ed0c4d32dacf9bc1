import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPresentLeaf, LEVEL_2M, pfnOf, W, X } from '../../shared-memory/page-tables/spte.ts'
import { hostPageOfPfn } from '../host-mm.ts'
import { V6_18 } from '../kernels.ts'
import { inTurn } from '../testing.contract.ts'
import { AS_5_11, READ_LOCK, TWO_LISTS, WRITE_LOCK, WRITE_LOCK_SINGLE } from '../variants/nx-recovery.ts'
import { executes, halts, inGuest, leavesGuest, NxVm, own, reclaims, recovers, writesTo } from './testing.contract.ts'

const VARIANTS = [AS_5_11, WRITE_LOCK, WRITE_LOCK_SINGLE, READ_LOCK, TWO_LISTS]

const isHuge = (spte: number) => isPresentLeaf(spte, LEVEL_2M) && (spte & X) === 0

test('a guest that writes gets a huge page, which it may not execute', () => {
  const vm = new NxVm([writesTo(own(0, 3))])
  vm.stage.run(0)
  assert.ok(isHuge(vm.leafOf(own(0))))
  assert.equal(vm.leafOf(own(0)) & W, W)
  assert.deepEqual(vm.listed, [0, 0])
})

test('a guest that executes in a huge page gets small ones, all of them mapped, and the page table is on the list', () => {
  const vm = new NxVm([inTurn(writesTo(own(0)), executes(own(0, 2)))])
  vm.stage.run(0)
  for (const page of [0, 1, 2, 3]) assert.equal(vm.leafOf(own(0, page)) & (W | X), W | X)
  assert.deepEqual(vm.listed, [1, 0])
  assert.equal(vm.counted('nx_lpage_splits'), 1)
  assert.deepEqual(vm.violations, [])
})

test('where the guest executes, a write does not bring the huge page back', () => {
  const vm = new NxVm([inTurn(executes(own(0)), writesTo(own(0, 1)))])
  vm.stage.run(0)
  assert.equal(isHuge(vm.leafOf(own(0, 1))), false)
  assert.deepEqual(vm.listed, [1, 0])
})

test('in a page of 1 GiB a block of 2 MiB is made small, the others become huge pages of 2 MiB', () => {
  const gigantic = { slot: 0, baseGfn: own(0), hva: 0, pages: 512 * 512 }
  const guest = inTurn(writesTo(own(3)), executes(own(1)), writesTo(own(2)), writesTo(own(1, 1)))
  const vm = new NxVm([guest], V6_18, { hugeLevel: 3, nestedPages: 0 }, { memslots: [gigantic], isHuge: () => true })
  vm.stage.run(0)
  assert.ok(isHuge(vm.leafOf(own(2))))
  assert.equal(hostPageOfPfn(pfnOf(vm.leafOf(own(2)))), 2 * 512)
  assert.equal(hostPageOfPfn(pfnOf(vm.leafOf(own(1, 1)))), 512 + 1)
  assert.deepEqual(vm.listed, [2, 0])
  assert.deepEqual(vm.violations, [])
})

for (const kernel of VARIANTS) {
  const { name } = kernel
  test(`${name}: recovery makes room, the next write makes a huge page, and the table is used again`, () => {
    const vcpu = inTurn(inGuest(own(0), X), inGuest(own(1), X), leavesGuest, halts, writesTo(own(0, 1)))
    const vm = new NxVm([vcpu, inTurn(recovers(), reclaims, reclaims)], kernel)
    vm.stage.runUntil(0, /pause/)
    assert.deepEqual(vm.listed, [2, 0])
    vm.stage.run(1).run(0)
    assert.equal(vm.counted('nx_zapped_tdp'), 2)
    assert.deepEqual(vm.listed, [0, 0])
    assert.ok(isHuge(vm.leafOf(own(0, 1))))
    assert.deepEqual([...vm.violations, ...vm.violationsAtRest], [])
  })
}
