import assert from 'node:assert/strict'
import { test } from 'node:test'
import { X } from '../../shared-memory/page-tables/spte.ts'
import type { Kernel } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
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
  small,
  touches,
  unmaps,
  waitsToWrite,
  withFunctions,
  writesTo,
} from '../nx/testing.contract.ts'
import { inTurn } from '../testing.contract.ts'
import type { NxConfig, VmConfig } from '../vm-config.ts'
import { B_ASSIGN } from './b-assign.ts'
import { B_DROP } from './b-drop.ts'
import { B_ITER } from './b-iter.ts'
import { B_NOTRACKCHK } from './b-notrackchk.ts'
import { B_RCU } from './b-rcu.ts'
import { B_ROOTS } from './b-roots.ts'
import { B_ROOTWALK } from './b-rootwalk.ts'
import { B_SIDE } from './b-side.ts'

// The shortest interleaving that shows each fault of system 1. The correct protocol runs the same one.

/** A guest that has walked through a page table, and walks through it again when the test lets it. */
const guestOnBlock0 = inTurn(inGuest(own(0), X), halts, touches(own(0, 1), X), leavesGuest)

/** vCPU 0 is in the guest, vCPU 1 needs a page table, CPU 2 is the worker, up to where it flushes if `beforeFlush`. */
function freedWhileWalked(kernel: Kernel, beforeFlush: boolean) {
  const vm = new NxVm(
    [guestOnBlock0, inTurn(executes(own(1, 1)), executes(own(2, 1))), inTurn(recovers(), reclaims)],
    kernel,
    {},
    { vcpus: 2 },
  )
  vm.stage.runUntil(0, /pause/)
  if (beforeFlush) vm.stage.runUntil(2, /or vcpu0.requests/)
  else vm.stage.run(2)
  vm.stage.run(1).run(0)
  assert.ok(vm.stage.finish())
  return vm.violations
}

test('B-DROP frees a page table that a vCPU has in its caches, and the vCPU walks through it', () => {
  assert.deepEqual(freedWhileWalked(B_DROP, false), [
    'stale_walk',
    'flush_lost',
    'unlock_with_pending_flush',
    'free_before_flush',
  ])
  assert.deepEqual(freedWhileWalked(V6_18, false), [])
})

test('B-RCU frees a page table before the flush: the hardware is in no read section', () => {
  assert.deepEqual(freedWhileWalked(B_RCU, true), ['stale_walk', 'free_before_flush'])
  assert.deepEqual(freedWhileWalked(V6_18, true), [])
})

test('B-ASSIGN loses the flush due for the first page when the second was replaced', () => {
  const race = (kernel: Kernel) => {
    const twoPages = inTurn(executes(own(0)), executes(own(1)), halts, writesTo(own(1, 1)))
    const vm = new NxVm([twoPages, recovers()], kernel)
    vm.stage
      .runUntil(0, /pause/)
      .runUntil(1, /cas pageTables/)
      .play('1')
      .runUntil(1, /cas pageTables/)
      // The flag of the second page is clear: a huge page may take its place.
      .runUntil(0, /or vcpu0.requests/)
      .run(1)
    assert.ok(vm.stage.finish())
    assert.equal(vm.counted('nx_zap_lost_race'), 1)
    return vm.violations
  }
  assert.deepEqual(race(B_ASSIGN), ['flush_lost', 'unlock_with_pending_flush'])
  assert.deepEqual(race(V6_18), [])
})

test('B-ROOTS drops mmu_lock in the second root without the flush due for the first root', () => {
  const race = (kernel: Kernel) => {
    const guest = inTurn(inGuest(small(0)), halts, touches(small(0)), leavesGuest)
    const vm = new NxVm(
      [guest, writesTo(small(5)), unmaps(small(0), 8), waitsToWrite],
      kernel,
      { roots: 2 },
      { vcpus: 2 },
    )
    vm.stage
      .runUntil(0, /pause/)
      .run(1)
      .runUntil(2, /xchg pageTables/)
      // On to the second root; only then another task wants the lock.
      .runUntil(2, /cas nx.roots/)
      .run(3)
      .run(2)
      .run(3)
    assert.ok(vm.stage.finish())
    return vm.violations
  }
  assert.deepEqual(race(B_ROOTS), ['unlock_with_pending_flush'])
  assert.deepEqual(race(V6_18), [])
})

const LEAVES_ROOTS: Partial<NxConfig> = { roots: 2, keepsRoots: false }
const ROOT_ENTRY = 1 << 27

test('B-ITER passes over an entry of a root that it zaps, and frees the root with what is below it', () => {
  const race = (kernel: Kernel) => {
    const regions = [0, 1, 2].map((entry) => {
      return { slot: entry, baseGfn: own(0) + entry * ROOT_ENTRY, hva: entry * 512, pages: 512 }
    })
    const maps = regions.map(({ baseGfn }) => writesTo(baseGfn as ReturnType<typeof own>))
    const config: Partial<VmConfig> = { memslots: regions, isHuge: () => false }
    const vm = new NxVm([inTurn(...maps, changesRole), waitsToWrite], kernel, LEAVES_ROOTS, config)
    vm.stage
      .runUntil(0, /store pageTables/)
      .run(1)
      .run(0)
      .run(1)
    assert.ok(vm.stage.finish())
    return vm.violations
  }
  assert.deepEqual(race(B_ITER), ['skipped_leaf'])
  assert.deepEqual(race(V6_18), [])
})

test('B-ROOTWALK goes on in a root that its last vCPU has left meanwhile', () => {
  const race = (kernel: Kernel) => {
    const guest = inTurn(writesTo(small(0)), writesTo(small(1)), halts, changesRole)
    const vm = new NxVm([guest, unmaps(small(0), 8)], kernel, LEAVES_ROOTS)
    vm.stage
      .runUntil(0, /pause/)
      .runUntil(1, /xchg pageTables/)
      .play('1')
      .run(0)
      .run(1)
      .run(0)
    assert.ok(vm.stage.finish())
    return vm.violations
  }
  assert.ok(race(B_ROOTWALK).includes('root_use_after_free'))
  assert.deepEqual(race(V6_18), [])
})

test('B-SIDE releases a lock that it holds for read as if for write, and no task ever gets it again', () => {
  const race = (kernel: Kernel) => {
    const vm = new NxVm([inTurn(executes(own(0)), executes(own(1))), recovers(), waitsToWrite], kernel)
    vm.stage
      .run(0)
      .runUntil(1, /cas pageTables/)
      .play('1')
      .run(2)
      .run(1)
    return { ended: vm.stage.finish(), violations: vm.violations }
  }
  assert.deepEqual(race(B_SIDE), { ended: false, violations: ['lock_wrong_side'] })
  assert.deepEqual(race(V6_18), { ended: true, violations: [] })
})

test('B-NOTRACKCHK puts a page on the list that was torn down with the page table above it', () => {
  const race = (kernel: Kernel) => {
    const gigantic = { slot: 0, baseGfn: own(0), hva: 0, pages: 512 * 512 }
    const config: Partial<VmConfig> = { vcpus: 2, memslots: [gigantic], isHuge: () => true }
    const acts = [executes(own(0)), inTurn(executes(own(1)), reclaims), inTurn(recovers(2), reclaims)]
    const vm = new NxVm(acts, kernel, { hugeLevel: 3, nestedPages: 0 }, config)
    vm.stage
      .run(0)
      .runUntil(1, /cas pageTables/)
      .runUntil(1, /cas nx.tdpMmuPagesLock/)
      .run(2)
      .run(1)
    assert.ok(vm.stage.finish())
    return [...new Set([...vm.violations, ...vm.violationsAtRest])]
  }
  assert.deepEqual(race(B_NOTRACKCHK), ['nx_list_corrupt'])
  assert.deepEqual(race(V6_18), [])
})

test('a page table that is freed without a grace period is freed under a walk', () => {
  const race = (kernel: Kernel) => {
    const acts = [inTurn(executes(own(0)), halts, executes(own(0, 1))), inTurn(recovers(), reclaims)]
    const vm = new NxVm(acts, kernel)
    vm.stage.runUntil(0, /pause/).runUntil(0, /add nx.rcu.section0/)
    // The fault is in the table of the last level.
    for (let level = 4; level > 0; level -= 1) vm.stage.runUntil(0, /load pageTables/).play('0')
    vm.stage.run(1)
    assert.ok(vm.stage.finish())
    return vm.violations
  }
  const atOnce = withFunctions({ tdpMmuFreeSp: (cpu, vm, table) => vm.nx!.free(cpu, table) })
  assert.deepEqual(race(atOnce), ['free_before_flush', 'free_before_grace'])
  assert.deepEqual(race(V6_18), [])
})
