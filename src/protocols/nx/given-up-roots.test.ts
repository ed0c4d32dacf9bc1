import assert from 'node:assert/strict'
import { test } from 'node:test'
import { W } from '../../shared-memory/page-tables/spte.ts'
import { clearDirtyLog, getDirtyLog } from '../dirty-log/protect.ts'
import { startDirtyLog } from '../dirty-log/start-stop.ts'
import type { Kernel, VersionName } from '../kernel.ts'
import { V5_12, V5_15, VERSIONS } from '../kernels.ts'
import { creates, deletes, ONE_ROOT, SPARE } from '../memslots/testing.contract.ts'
import { raiseAging } from '../mmu-notifier.ts'
import { type Act, faultOn, faultsOn, gfnOf, hvaOf, inTurn, invalidate, SmallVm } from '../testing.contract.ts'
import { enterGuest, exitGuest } from '../vcpu-run.ts'

/** A root that is given up and not yet torn down: it still has its mappings. */
const givesRootUp: Act = function* (cpu, vm) {
  yield* vm.mmuLock.writeLock(cpu)
  yield* cpu.store(vm.nx!.roots.invalid(0), 1)
  yield* vm.mmuLock.writeUnlock(cpu)
}

function ran(kernel: Kernel, ...acts: readonly Act[]): SmallVm {
  const updates = { spare: [], pseudoLock: 'none', zap: 'slot' } as const
  const dirtyLog = { slot: 0, isManual: true, isEager: false }
  const small = new SmallVm([inTurn(...acts)], kernel, { nx: ONE_ROOT, updates, dirtyLog })
  small.stage.run(0)
  assert.deepEqual([kernel.name, ...small.violations], [kernel.name])
  return small
}

/** The versions in which it holds, of those that give up roots. */
const versionsIn = (isSo: (kernel: Kernel) => boolean): readonly VersionName[] =>
  VERSIONS.slice(VERSIONS.indexOf(V5_15))
    .filter(isSo)
    .map(({ name }) => name)

test('a notifier unmaps what a given-up root maps in every version', () => {
  const unmaps = (kernel: Kernel) => ran(kernel, faultOn(0), givesRootUp, invalidate(0, 1)).mapped.length === 0
  assert.deepEqual(versionsIn(unmaps), ['v5.15', 'v6.5', 'v6.8', 'v6.12', 'v6.18', 'v7.1'])
})

test('a zap by KVM itself visits given-up roots from v5.17 to v6.8 only', () => {
  const zap: Act = (cpu, vm) => vm.kvm.zapGfnRange(cpu, vm, 0 as never, gfnOf(0), gfnOf(8))
  const zaps = (kernel: Kernel) => ran(kernel, faultOn(0), givesRootUp, zap).mapped.length === 0
  assert.deepEqual(versionsIn(zaps), ['v6.5', 'v6.8'])
  assert.deepEqual(ran(V5_12, faultOn(0), zap).mapped, [])
})

test('pages of a given-up root count as used to v6.12, and no longer since v6.13', () => {
  const asks: Act = (cpu, vm) => raiseAging(cpu, vm, 'clear-young', hvaOf(0), hvaOf(1))
  const counts = (kernel: Kernel) => ran(kernel, faultOn(0), givesRootUp, asks).counted('sptes_aged') === 1
  assert.deepEqual(versionsIn(counts), ['v5.15', 'v6.5', 'v6.8', 'v6.12'])
})

test('the start of dirty logging leaves given-up roots alone, and the clearing of the log does since v6.9', () => {
  const starts = (kernel: Kernel) => (ran(kernel, faultOn(0), givesRootUp, startDirtyLog).leaf(0) & W) === 0
  assert.deepEqual(versionsIn(starts), [])
  const clears: Act = (cpu, vm) => clearDirtyLog(cpu, vm, 0, 64)
  const protects = (kernel: Kernel) =>
    (ran(kernel, startDirtyLog, faultOn(0), givesRootUp, getDirtyLog, clears).leaf(0) & W) === 0
  assert.deepEqual(versionsIn(protects), ['v6.5', 'v6.8'])
})

/** A memslot is added and deleted while a vCPU that has mapped three pages is outside the guest; then it comes back. */
function deletionOn(kernel: Kernel) {
  const isOutside: Act = (cpu, vm) => vm.vcpus[0]!.srcuReadLock(cpu)
  const returns: Act = function* (cpu, vm) {
    yield* enterGuest(cpu, vm, vm.vcpus[0]!)
    yield* exitGuest(cpu, vm.vcpus[0]!)
  }
  const small = new SmallVm([inTurn(faultsOn(0, 1, 2), creates, deletes, isOutside, returns)], kernel, {
    nx: ONE_ROOT,
    updates: { spare: [SPARE], pseudoLock: 'none', zap: 'all' },
  })
  small.stage.run(0)
  assert.deepEqual([kernel.name, ...small.violations, ...small.violationsAtRest], [kernel.name])
  assert.deepEqual(small.mapped, [])
  const taken = small.stage.trace.filter((step) => /^0 (cas|xchg) pageTables/.test(step)).length
  return {
    flushes: small.counted('tlb_flush_remote_memslot'),
    inTables: small.counted('tlb_flush_remote_teardown'),
    taken,
  }
}

test('the deletion of a memslot empties the roots with one flush to v5.12, flushes each table in v5.15, and none since', () => {
  const flushes = VERSIONS.map((kernel) => {
    const { flushes, inTables } = deletionOn(kernel)
    return [kernel.name, flushes, inTables]
  })
  assert.deepEqual(flushes, [
    ['v5.11', 1, 3],
    ['v5.12', 1, 3],
    ['v5.15', 1, 3],
    ['v6.5', 0, 0],
    ['v6.8', 0, 0],
    ['v6.12', 0, 0],
    ['v6.18', 0, 0],
    ['v7.1', 0, 0],
  ])
})

test('a given-up root is taken apart a page of 4 KiB at a time since v6.9, and 1 GiB at a time before', () => {
  const steps = (name: VersionName) => deletionOn(VERSIONS.find((one) => one.name === name)!).taken
  // The three leafs and the entry of their table: a step, and a look at the scheduler, of its own each.
  assert.equal(steps('v6.12') - steps('v6.8'), 4)
  assert.equal(steps('v6.5'), steps('v6.8'))
})

test('to v5.12 every vCPU loads its root again after the deletion of a memslot', () => {
  const loads = (kernel: Kernel) => {
    const small = new SmallVm([inTurn(faultOn(0), creates, deletes)], kernel, {
      nx: ONE_ROOT,
      updates: { spare: [SPARE], pseudoLock: 'none', zap: 'all' },
    })
    small.stage.run(0)
    return small.stage.valueOf(small.vm.nx!.roots.invalid(0))
  }
  assert.equal(loads(V5_12), 0)
  assert.notEqual(loads(V5_15), 0)
})
