import assert from 'node:assert/strict'
import { test } from 'node:test'
import { B_NONBLOCK } from './broken/b-nonblock.ts'
import { accessGuestMemory } from './guest-access.ts'
import type { Kernel } from './kernel.ts'
import { V6_5, V6_8, V6_12, VERSIONS } from './kernels.ts'
import { NO_MEMSLOT } from './memslots/memslot.ts'
import { notifyEnd, notifyStart } from './mmu-notifier.ts'
import { type Act, faultsOn, gfnOf, hvaOf, inTurn, invalidate, SmallVm } from './testing.contract.ts'
import { NO_PRECHECK, NO_YIELD } from './variants/precheck.ts'
import { enterGuest, exitGuest } from './vcpu-run.ts'
import { wrprotGfnRange, zapGfnRange } from './zap.ts'

const mmus = ['tdp', 'shadow'] as const

for (const mmu of mmus) {
  test(`an invalidation zaps every leaf of its range, and none outside (${mmu})`, () => {
    const small = new SmallVm([faultsOn(2, 3, 4, 7, 8, 9), invalidate(3, 8)], NO_PRECHECK, { mmu })
    small.stage.run(0).run(1)
    assert.deepEqual(small.mapped, [2, 8, 9])
    assert.equal(small.counted('leafs_zapped'), 3)
    assert.deepEqual(small.violations, [])
  })

  test(`an uncontended invalidation flushes once, at the end, with mmu_lock held (${mmu})`, () => {
    const small = new SmallVm([faultsOn(0, 1, 2, 3), invalidate(0, 8)], NO_PRECHECK, { mmu })
    small.stage.run(0).run(1)
    assert.equal(small.counted('tlb_flush_remote_range_end_of_zap'), 1)
    assert.equal(small.counted('tlb_flush_remote_yield'), 0)
    const steps = small.stage.trace.filter((step) => step.startsWith('1 '))
    const flush = steps.indexOf('1 or vcpu0.requests')
    assert.ok(flush > steps.indexOf('1 cas mmuLock.cnts'))
    assert.ok(flush < steps.indexOf('1 sub mmuLock.cnts'))
  })

  test(`an invalidation that zaps nothing flushes nothing (${mmu})`, () => {
    const small = new SmallVm([faultsOn(20), invalidate(0, 8)], NO_PRECHECK, { mmu })
    small.stage.run(0).run(1)
    assert.equal(small.counted('remote_tlb_flush_requests'), 0)
    assert.equal(small.counted('unmap_gfn_range_calls'), 1)
  })

  test(`a contended zapper flushes before it yields, and queues behind the waiters (${mmu})`, () => {
    // CPU 2 comes to mmu_lock while CPU 1 zaps.
    const waiter: Act = function* (cpu, vm) {
      yield* vm.mmuLock.writeLock(cpu)
      yield* vm.mmuLock.writeUnlock(cpu)
    }
    const small = new SmallVm([faultsOn(0, 1, 2, 3), invalidate(0, 8), waiter], V6_12, { mmu })
    small.stage
      .run(0)
      .runUntil(1, /xchg pageTables/)
      .play('1')
      .run(2)
    small.stage.run(1)
    assert.equal(small.counted('yield_needbreak'), 1)
    assert.equal(small.counted('tlb_flush_remote_yield'), 1)
    assert.match(small.stage.stateOf(1), /waits at .* mmuLock/)
    small.stage.run(2)
    assert.equal(small.stage.stateOf(2), 'has ended')
    assert.ok(small.stage.finish())
    assert.deepEqual(small.mapped, [])
    assert.deepEqual(small.violations, [])
    assert.equal(small.counted('leafs_zapped'), 4)
  })

  test(`a zapper on a kernel that is not preemptible keeps mmu_lock to the end (${mmu})`, () => {
    for (const preempt of ['none', 'voluntary'] as const) {
      const waiter: Act = (cpu, vm) => vm.mmuLock.writeLock(cpu)
      const small = new SmallVm([faultsOn(0, 1, 2, 3), invalidate(0, 8), waiter], V6_12, { mmu, preempt })
      small.stage
        .run(0)
        .runUntil(1, /xchg pageTables/)
        .play('1')
        .run(2)
      small.stage.runUntil(1, /hostMm/)
      assert.equal(small.counted('yield_needbreak'), 0)
      assert.equal(small.counted('remote_tlb_flush_requests'), 1)
    }
  })
}

test('before 6.12 the shadow MMU does not yield under a notifier, and flushes once', () => {
  const unmap = (kernel: Kernel) => {
    const waiter: Act = (cpu, vm) => vm.mmuLock.writeLock(cpu)
    const small = new SmallVm([faultsOn(0, 1, 2, 3), invalidate(0, 8), waiter], kernel, { mmu: 'shadow' })
    small.stage
      .run(0)
      .runUntil(1, /xchg pageTables/)
      .play('1')
      .run(2)
      .run(1)
    return [small.counted('yield_needbreak'), small.counted('remote_tlb_flush_requests')]
  }
  assert.deepEqual(unmap(V6_5), [0, 1])
  assert.deepEqual(unmap(V6_8), [0, 1])
  assert.equal(unmap(V6_12)[0], 1)
})

test('an invalidation that may not block keeps mmu_lock, even if others wait for it', () => {
  const unmap = (kernel: Kernel) => {
    const reap: Act = function* (cpu, vm) {
      yield* notifyStart(cpu, vm, hvaOf(0), hvaOf(8), false)
      yield* notifyEnd(cpu, vm, hvaOf(0), hvaOf(8), false)
    }
    const waiter: Act = (cpu, vm) => vm.mmuLock.writeLock(cpu)
    const small = new SmallVm([faultsOn(0, 1, 2, 3), reap, waiter], kernel)
    small.stage
      .run(0)
      .runUntil(1, /xchg pageTables/)
      .play('1')
      .run(2)
      .run(1)
    return small
  }
  for (const kernel of VERSIONS) assert.equal(unmap(kernel).counted('yield_needbreak'), 0, kernel.name)
  assert.deepEqual([...new Set(unmap(B_NONBLOCK).violations)], ['yield_in_nonblock'])
})

test('before 6.11 a kernel with PREEMPT_DYNAMIC yields on contention however it was booted', () => {
  const yields = (kernel: Kernel, preempt: 'none' | 'voluntary') => {
    const waiter: Act = (cpu, vm) => vm.mmuLock.writeLock(cpu)
    const small = new SmallVm([faultsOn(0, 1, 2, 3), invalidate(0, 8), waiter], kernel, { preempt })
    small.stage
      .run(0)
      .runUntil(1, /xchg pageTables/)
      .play('1')
      .run(2)
      .run(1)
    return small.counted('yield_needbreak')
  }
  for (const preempt of ['none', 'voluntary'] as const) {
    assert.equal(yields(V6_5, preempt), 1)
    assert.equal(yields(V6_8, preempt), 1)
    assert.equal(yields(V6_12, preempt), 0)
  }
})

test('under lasting contention a walk yields at most once per step sideways', () => {
  // A reader that comes back at once keeps the lock contended; each yield lets it in once.
  const reader: Act = function* (cpu, vm) {
    for (let round = 0; round < 40; round += 1) {
      yield* vm.mmuLock.readLock(cpu)
      yield* vm.mmuLock.readUnlock(cpu)
    }
  }
  const small = new SmallVm([faultsOn(0, 1, 2, 3, 4, 5), invalidate(0, 6), reader], NO_PRECHECK)
  small.stage.run(0)
  assert.ok(small.stage.finish())
  assert.deepEqual(small.violations, [])
  assert.deepEqual(small.mapped, [])
  assert.ok(small.counted('yield_needbreak') > 0)
  assert.ok(small.counted('yield_needbreak') <= 6 + 4, 'at most once per leaf, and once per table on the way')
})

test('no-yield does not yield, even if others wait', () => {
  const waiter: Act = (cpu, vm) => vm.mmuLock.writeLock(cpu)
  const small = new SmallVm([faultsOn(0, 1), invalidate(0, 8), waiter], NO_YIELD)
  small.stage
    .run(0)
    .runUntil(1, /xchg pageTables/)
    .run(2)
    .runUntil(1, /hostMm/)
  assert.equal(small.counted('yield_needbreak'), 0)
})

test('a zap by KVM itself holds faults off like an invalidation, and moves no page', () => {
  const zap: Act = function* (cpu, vm) {
    const slot = yield* vm.memslots.find(cpu, gfnOf(0))
    assert.notEqual(slot, NO_MEMSLOT)
    yield* zapGfnRange(cpu, vm, slot, gfnOf(0), gfnOf(4))
  }
  const small = new SmallVm([faultsOn(0, 1, 6), zap])
  small.stage.run(0)
  const ptes = small.vm.host.peekPte(small.stage.cpus[0]!, 0)
  small.stage.run(1)
  assert.deepEqual(small.mapped, [6])
  assert.equal(small.vm.host.peekPte(small.stage.cpus[0]!, 0), ptes)
  assert.equal(small.stage.valueOf(small.vm.invalidateSeq), 1)
  assert.deepEqual(small.violations, [])
})

test('write protection leaves pages mapped, and makes the guest fault once for each', () => {
  const protect: Act = (cpu, vm) => wrprotGfnRange(cpu, vm, gfnOf(0), gfnOf(8))
  const small = new SmallVm([faultsOn(1, 2), protect])
  small.stage.run(0).run(1)
  assert.deepEqual(small.mapped, [1, 2])
  assert.equal(small.counted('sptes_wrprotected'), 2)
  assert.equal(small.counted('tlb_flush_remote_wrprot'), 1)
})

test('start returns only when a vCPU in the guest has left it, and what it does then is a fault', () => {
  const results: number[] = []
  const guest: Act = inTurn(faultsOn(5), function* (cpu, vm) {
    const vcpu = vm.vcpus[0]!
    yield* enterGuest(cpu, vm, vcpu)
    results.push(yield* accessGuestMemory(cpu, vm, vcpu, gfnOf(5)))
    yield* exitGuest(cpu, vcpu)
    yield* enterGuest(cpu, vm, vcpu)
    results.push(yield* accessGuestMemory(cpu, vm, vcpu, gfnOf(5)))
  })
  const small = new SmallVm([guest, invalidate(0, 8)])
  // The vCPU has its translation and stays in the guest.
  small.stage
    .runUntil(0, /store vcpu0.mode/)
    .play('0')
    .runUntil(0, /store vcpu0.mode/)
  small.stage.run(1)
  assert.equal(small.stage.stateOf(1), 'waits at untilClear vcpu0.mode')
  assert.equal(small.counted('tlb_flush_ipis'), 1)
  assert.ok(small.stage.finish())
  assert.deepEqual(results, [0, 1])
  assert.deepEqual(small.violations, [])
})

test('a vCPU that is about to enter the guest sees the request, whichever of the two comes first', () => {
  const enter: Act = function* (cpu, vm) {
    yield* enterGuest(cpu, vm, vm.vcpus[0]!)
  }
  // Every way in which the four accesses of the entry can meet the flush.
  for (let steps = 0; steps < 12; steps += 1) {
    const small = new SmallVm([inTurn(faultsOn(5), enter), invalidate(0, 8)])
    small.stage.runUntil(0, /load vcpu0.requests/)
    for (let step = 0; step < steps && small.stage.stateOf(0) !== 'has ended'; step += 1) small.stage.play('0')
    small.stage.run(1)
    const isInside = small.stage.stateOf(0) === 'has ended'
    if (isInside) assert.equal(small.stage.stateOf(1), 'waits at untilClear vcpu0.mode')
    else assert.ok(small.stage.finish())
  }
})

test('a walk that takes write permission lets a writer in on its way', () => {
  const small = new SmallVm([
    faultsOn(0, 1, 2, 3),
    (cpu, vm) => wrprotGfnRange(cpu, vm, gfnOf(0), gfnOf(8)),
    function* (cpu, vm) {
      yield* vm.mmuLock.writeLock(cpu)
      yield* vm.mmuLock.writeUnlock(cpu)
    },
  ])
  small.stage
    .run(0)
    .runUntil(1, /cas pageTables/)
    .play('1')
    .run(2)
  small.stage.run(1).run(2)
  assert.equal(small.counted('yield_needbreak'), 1)
  assert.ok(small.stage.finish())
  assert.equal(small.counted('sptes_wrprotected'), 4)
  assert.equal(small.counted('tlb_flush_remote_wrprot'), 1)
  assert.deepEqual(small.violations, [])
})
