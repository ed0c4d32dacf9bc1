import assert from 'node:assert/strict'
import { test } from 'node:test'
import { W } from '../../shared-memory/page-tables/spte.ts'
import { accessGuestMemory } from '../guest-access.ts'
import type { Kernel } from '../kernel.ts'
import { V5_15, V6_5, V6_18 } from '../kernels.ts'
import type { Kvm } from '../kvm.ts'
import { creates, deletes, ONE_ROOT, SPARE } from '../memslots/testing.contract.ts'
import { notifyStart } from '../mmu-notifier.ts'
import { RETRY } from '../page-fault.ts'
import { type Act, faultOn, faultsOn, gfnOf, hvaOf, inTurn, SmallVm } from '../testing.contract.ts'
import { enterGuest, exitGuest } from '../vcpu-run.ts'
import { allocRoot } from './root-walk.ts'

/** A VM whose memslots come and go, and with each deletion everything that is mapped. */
const vmOf = (...acts: readonly Act[]) => vmOn(V6_18, ...acts)
const vmOn = (kernel: Kernel, ...acts: readonly Act[]) =>
  new SmallVm(acts, kernel, {
    lockdep: true,
    nx: ONE_ROOT,
    updates: { spare: [SPARE], pseudoLock: 'none', zap: 'all' },
  })

const updates = inTurn(creates, deletes)

test('the deletion of a memslot gives the root up: nothing stays mapped, and no TLB is flushed for it', () => {
  const small = vmOf(inTurn(faultOn(0), faultOn(1)), updates)
  small.stage.run(0)
  assert.deepEqual(small.mapped, [0, 1])
  small.stage.run(1)
  assert.ok(small.stage.finish())
  assert.deepEqual(small.mapped, [])
  assert.equal(small.counted('roots_zapped'), 1)
  assert.equal(small.counted('remote_tlb_flush_requests'), 0)
  assert.deepEqual([...small.violations, ...small.violationsAtRest], [])
})

test('a fault that began on the root before retries, and is counted', () => {
  const small = vmOf(faultOn(0), updates)
  small.stage.runUntil(0, /add mmuLock/).run(1)
  small.stage.run(0)
  assert.equal(small.stage.resultOf(0), RETRY)
  assert.equal(small.counted('retry_obsolete_root'), 1)
  assert.deepEqual(small.mapped, [])
  assert.deepEqual(small.violations, [])
})

test('a vCPU that enters the guest again does so on a new root, and faults everything in again', () => {
  const touches: Act = function* (cpu, vm) {
    return yield* accessGuestMemory(cpu, vm, vm.vcpus[0]!, gfnOf(0), W)
  }
  const enters: Act = (cpu, vm) => enterGuest(cpu, vm, vm.vcpus[0]!)
  const leaves: Act = (cpu, vm) => exitGuest(cpu, vm.vcpus[0]!)
  const isOutside: Act = (cpu, vm) => vm.vcpus[0]!.srcuReadLock(cpu)
  const small = vmOf(inTurn(faultOn(0), updates, isOutside, enters, leaves, faultOn(0), enters, touches))
  small.stage.run(0)
  assert.deepEqual(small.mapped, [0])
  assert.equal(small.counted('pf_fixed'), 2)
  assert.deepEqual([...small.violations, ...small.violationsAtRest], [])
})

test('a root that takes the place of one that was given up is not given up with it', () => {
  const small = vmOf(function* (cpu, vm) {
    const { roots } = vm.nx!
    for (let root = 0; root < roots.slots; root += 1) yield* cpu.write(roots.invalid(root), 1)
    return yield* allocRoot(cpu, vm, 0, true)
  })
  small.stage.run(0)
  const made = small.stage.resultOf(0) as number
  assert.equal(small.stage.valueOf(small.vm.nx!.roots.invalid(made)), 0)
})

test('of two vCPUs that find no root side by side one makes it, and the other takes that', () => {
  const takes: Act = function* (cpu, vm) {
    yield* cpu.write(vm.nx!.roots.invalid(0), 1)
    yield* vm.tables.topup(cpu)
    return yield* allocRoot(cpu, vm, 0, true)
  }
  const small = vmOf(takes, takes)
  small.stage.runUntil(0, /tdpMmuPagesLock/)
  small.stage.run(1)
  assert.ok(small.stage.finish())
  assert.equal(small.stage.resultOf(0), small.stage.resultOf(1))
})

test('the vCPU that takes an old root apart lets a writer in on the way', () => {
  const writer: Act = function* (cpu, vm) {
    yield* vm.mmuLock.writeLock(cpu)
    yield* vm.mmuLock.writeUnlock(cpu)
  }
  const small = vmOf(inTurn(faultOn(0), faultOn(1)), updates, writer)
  small.stage
    .run(0)
    .runUntil(1, /cas pageTables/)
    .play('1')
    .run(2)
    .run(1)
    .run(2)
  assert.equal(small.counted('yield_needbreak'), 1)
  assert.ok(small.stage.finish())
  assert.deepEqual([...small.violations, ...small.violationsAtRest], [])
})

test('a fault that does not look whether its root was given up leaves a leaf in it', () => {
  const kernel: Kernel = {
    name: 'test',
    kvm: {
      ...V6_18.kvm,
      isPageFaultStale: (cpu, vm, fault) => vm.kvm.invalidateRetryGfn(cpu, vm, fault.seq, fault.gfn),
    },
  }
  const returns: Act = function* (cpu, vm) {
    yield* vm.vcpus[0]!.srcuReadLock(cpu)
    yield* enterGuest(cpu, vm, vm.vcpus[0]!)
    yield* exitGuest(cpu, vm.vcpus[0]!)
  }
  const small = vmOn(kernel, inTurn(faultOn(0), returns), updates)
  small.stage.runUntil(0, /add mmuLock/).run(1)
  small.stage.run(0)
  assert.deepEqual(small.violations, ['skipped_leaf'])
})

test('up to 5.17 an unmap takes a page table that lies in its range in one step, and since then leaf by leaf', () => {
  const slot = { slot: 0, baseGfn: gfnOf(0), hva: hvaOf(0), pages: 512 }
  const unmap: Act = (cpu, vm) => notifyStart(cpu, vm, hvaOf(0), hvaOf(512))
  const waits: Act = function* (cpu, vm) {
    for (let round = 0; round < 8; round += 1) {
      yield* vm.mmuLock.readLock(cpu)
      yield* vm.mmuLock.readUnlock(cpu)
    }
  }
  const yields = (kernel: Kernel) => {
    const small = new SmallVm([faultsOn(0, 1, 2, 3, 4), unmap, waits], kernel, { nx: ONE_ROOT, memslots: [slot] })
    small.stage
      .run(0)
      .runUntil(1, /xchg pageTables/)
      .play('1')
    while (small.stage.stateOf(1) !== 'has ended') small.stage.run(2).run(1)
    assert.deepEqual(small.mapped, [])
    assert.deepEqual(small.violations, [])
    return small.counted('yield_needbreak')
  }
  assert.equal(yields(V5_15), 0)
  assert.ok(yields(V6_5) > 0)
})

test('a walk that yields flushes before it leaves RCU since 5.18, and before only afterwards', () => {
  const slot = { slot: 0, baseGfn: gfnOf(0), hva: hvaOf(0), pages: 512 }
  const unmap: Act = (cpu, vm) => notifyStart(cpu, vm, hvaOf(1), hvaOf(5))
  const waits: Act = function* (cpu, vm) {
    yield* vm.mmuLock.readLock(cpu)
    yield* vm.mmuLock.readUnlock(cpu)
  }
  const flushesInRcu = (kernel: Kernel) => {
    const small = new SmallVm([faultsOn(0, 1, 2, 3, 4), unmap, waits], kernel, { nx: ONE_ROOT, memslots: [slot] })
    small.stage
      .run(0)
      .runUntil(1, /xchg pageTables/)
      .play('1')
      .run(2)
      .runUntil(1, /or vcpu0.requests/)
    assert.equal(small.counted('remote_tlb_flush_requests'), 1)
    // Each begin and each end of a section counts it up.
    return small.stage.trace.filter((step) => step === '1 add nx.rcu.section1').length % 2 === 1
  }
  assert.equal(flushesInRcu(V5_15), false)
  assert.equal(flushesInRcu(V6_5), true)
})

test('up to 5.16 a flush that was owed between roots is made at the end too, although a yield has made it', () => {
  const owes = (kernel: Kernel) => {
    // As if the first root had zapped, and the second had yielded, and zapped no more.
    const tdpMmuZapLeafs: Kvm['tdpMmuZapLeafs'] = function* (_cpu, _vm, _root, _start, _end, _canYield, owed) {
      return !owed
    }
    const yields = { ...kernel, kvm: { ...kernel.kvm, tdpMmuZapLeafs } }
    const unmap: Act = (cpu, vm) => vm.kvm.tdpMmuUnmapGfnRange(cpu, vm, gfnOf(0), gfnOf(8), true, false)
    const small = new SmallVm([unmap], yields, { nx: { ...ONE_ROOT, roots: 2 } })
    small.stage.run(0)
    return small.stage.resultOf(0)
  }
  assert.equal(owes(V5_15), true)
  assert.equal(owes(V6_5), false)
})
