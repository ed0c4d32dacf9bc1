import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPresentLeaf, LEVEL_2M, pfnOf, W, X } from '../../shared-memory/page-tables/spte.ts'
import { hostPageOfPfn } from '../host-mm.ts'
import type { Kernel } from '../kernel.ts'
import { V5_15, V6_5, V6_8, V6_12, V6_18 } from '../kernels.ts'
import { creates, SPARE } from '../memslots/testing.contract.ts'
import { type Act, inTurn } from '../testing.contract.ts'
import { AS_5_11, READ_LOCK, TWO_LISTS, WRITE_LOCK, WRITE_LOCK_SINGLE } from '../variants/nx-recovery.ts'
import {
  changesRole,
  executes,
  halts,
  inGuest,
  leavesGuest,
  NxVm,
  own,
  reclaims,
  recovers,
  writesTo,
} from './testing.contract.ts'

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

test('up to 6.1 the huge page is flushed from every TLB first, and nothing takes its place', () => {
  const flushes = (kernel: Kernel) => {
    const vm = new NxVm([inTurn(writesTo(own(0)), executes(own(0, 2)))], kernel)
    vm.stage.run(0)
    assert.deepEqual([...vm.violations, ...vm.violationsAtRest], [])
    const mapped = [0, 1, 2, 3].filter((page) => vm.leafOf(own(0, page)) !== 0).length
    return [vm.counted('tlb_flush_remote_map_replace'), mapped]
  }
  assert.deepEqual(flushes(V5_15), [1, 1])
  assert.deepEqual(flushes(V6_5), [0, 4])
})

test('vCPUs change roots side by side since 6.9, and before one after the other', () => {
  const waits = (kernel: Kernel) => {
    const vm = new NxVm([changesRole, changesRole], kernel, { roots: 2 }, { vcpus: 2 })
    vm.stage.runUntil(0, /sub .*roots/).run(1)
    const waited = vm.stage.stateOf(1)
    assert.ok(vm.stage.finish())
    assert.deepEqual([...vm.violations, ...vm.violationsAtRest], [])
    return waited
  }
  assert.match(waits(V6_8), /waits at .*mmuLock/)
  assert.match(waits(V6_12), /has ended/)
})

test('a vCPU drops its root and takes the next under two holds of mmu_lock, and a writer gets in between', () => {
  for (const kernel of [V6_8, V6_12]) {
    const writer: Act = function* (cpu, { mmuLock }) {
      yield* mmuLock.writeLock(cpu)
      yield* mmuLock.writeUnlock(cpu)
    }
    const vm = new NxVm([changesRole, writer], kernel, { roots: 2 }, { vcpus: 1 })
    vm.stage.runUntil(0, /sub .*roots/).runUntil(0, /topup|(add|cas) mmuLock/)
    vm.stage.run(1)
    assert.match(vm.stage.stateOf(1), /has ended/, kernel.name)
    assert.ok(vm.stage.finish())
    assert.deepEqual([...vm.violations, ...vm.violationsAtRest], [])
  }
})

test('a vCPU that finds a root takes no tdp_mmu_pages_lock', () => {
  const finds = new NxVm([changesRole], V6_12, { roots: 2 }, { vcpus: 2 })
  finds.stage.run(0)
  assert.ok(!finds.stage.trace.some((line) => /tdpMmuPagesLock/.test(line)))
})

test('a page table that is recovered is one page, with as many leafs as it had, in every version', () => {
  for (const kernel of [AS_5_11, V5_15, V6_12, V6_18]) {
    const vm = new NxVm([inTurn(executes(own(0)), executes(own(0, 1)), executes(own(1)), recovers())], kernel)
    vm.stage.run(0)
    assert.deepEqual([kernel.name, vm.counted('nx_zapped_tdp'), vm.counted('leafs_zapped')], [kernel.name, 2, 3])
  }
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

for (const kernel of VARIANTS) {
  test(`${kernel.name}: a memslot update waits until the round of recovery is over`, () => {
    const updates = { spare: [{ ...SPARE, baseGfn: own(64) }], pseudoLock: 'none', zap: 'slot' } as const
    const vm = new NxVm([inTurn(executes(own(0)), recovers()), creates], kernel, {}, { updates })
    vm.stage
      .runUntil(0, /mmuLock/)
      .runUntil(0, /nx\.lists|possibleNx/)
      .run(1)
    assert.match(vm.stage.stateOf(1), /waits at .*srcu/)
    assert.ok(vm.stage.finish())
    assert.deepEqual([...vm.violations, ...vm.violationsAtRest], [])
  })
}
