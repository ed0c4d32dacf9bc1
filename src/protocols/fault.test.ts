import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wordAt } from '../shared-memory/cpu.ts'
import { ACCESSED, FROZEN_SPTE, isPresentLeaf, makeLeaf, R, W } from '../shared-memory/page-tables/spte.ts'
import { assertRetryHasCause } from './assertions.ts'
import { prefault } from './fault.ts'
import type { Kernel } from './kernel.ts'
import { V5_11, VERSIONS } from './kernels.ts'
import { EMULATE, Fault, FIXED, RETRY, SPURIOUS } from './page-fault.ts'
import { type Act, BASE_GFN, faultOn, faultsOn, gfnOf, invalidate, SmallVm } from './testing.contract.ts'
import { NO_PRECHECK, PRECHECK } from './variants/precheck.ts'

const mmus = ['tdp', 'shadow'] as const

for (const mmu of mmus) {
  test(`a fault maps its page and drops the page reference (${mmu})`, () => {
    const small = new SmallVm([faultOn(5)], NO_PRECHECK, { mmu })
    assert.ok(small.stage.finish())
    assert.equal(small.stage.resultOf(0), FIXED)
    assert.ok(isPresentLeaf(small.leaf(5), 1))
    assert.deepEqual(small.mapped, [5])
    assert.deepEqual(small.violationsAtRest, [])
  })

  test(`a fault on a page that is mapped already is spurious (${mmu})`, () => {
    const small = new SmallVm([faultsOn(5), faultOn(5)], NO_PRECHECK, { mmu })
    small.stage.run(0).run(1)
    assert.equal(small.stage.resultOf(1), SPURIOUS)
    assert.deepEqual(small.violations, [])
  })

  test(`a fault whose page was taken back since it was looked up retries under mmu_lock (${mmu})`, () => {
    const small = new SmallVm([faultOn(5), invalidate(0, 8)], NO_PRECHECK, { mmu })
    small.stage
      .runUntil(0, /mmuLock/)
      .run(1)
      .run(0)
    assert.equal(small.stage.resultOf(0), RETRY)
    assert.equal(small.counted('retry_stale_locked'), 1)
    assert.deepEqual(small.mapped, [])
    assert.deepEqual(small.violationsAtRest, [])
  })

  test(`a fault during an invalidation of its gfn retries, one of another gfn does not (${mmu})`, () => {
    const small = new SmallVm([faultOn(5), invalidate(0, 8), faultOn(9)], NO_PRECHECK, { mmu })
    small.stage
      .runUntil(1, /hostMm/)
      .run(0)
      .run(2)
    assert.equal(small.stage.resultOf(0), RETRY)
    assert.equal(small.stage.resultOf(2), FIXED)
    assert.deepEqual(small.violations, [])
  })
}

test('in v5.11 an invalidation of whatever range holds every fault off while it lasts, and since v5.12 only those on it', () => {
  const retriesBeside = (kernel: Kernel): boolean => {
    const small = new SmallVm([invalidate(0, 8), faultOn(9)], kernel)
    small.stage.runUntil(0, /hostMm/).run(1)
    assert.deepEqual(small.violations, [])
    return small.stage.resultOf(1) === RETRY
  }
  assert.deepEqual(
    VERSIONS.filter(retriesBeside).map(({ name }) => name),
    ['v5.11'],
  )
})

test('in v5.11 a fault goes on as soon as the invalidation has ended, and an end since its look-up makes it retry', () => {
  const small = new SmallVm([faultOn(9), invalidate(0, 8), faultOn(10)], V5_11)
  small.stage
    .runUntil(0, /mmuLock/)
    .run(1)
    .run(0)
    .run(2)
  assert.deepEqual([small.stage.resultOf(0), small.stage.resultOf(2)], [RETRY, FIXED])
  assert.deepEqual(small.violations, [])
})

test('a fault takes mmu_lock for read with two-dimensional paging, for write with shadow paging', () => {
  const locking = (mmu: (typeof mmus)[number]) =>
    new SmallVm([faultOn(0)], NO_PRECHECK, { mmu }).stage.run(0).trace.filter((step) => step.includes('mmuLock.cnts'))
  assert.deepEqual(locking('tdp'), ['0 add mmuLock.cnts', '0 sub mmuLock.cnts'])
  assert.deepEqual(locking('shadow'), ['0 cas mmuLock.cnts', '0 sub mmuLock.cnts'])
})

test('the pre-check before the pfn lookup sees an invalidation in progress and touches neither page nor mmu_lock', () => {
  const small = new SmallVm([faultOn(5), invalidate(0, 8)])
  small.stage.runUntil(1, /hostMm/)
  const before = small.stage.trace.length
  small.stage.run(0)
  assert.equal(small.stage.resultOf(0), RETRY)
  assert.equal(small.counted('retry_precheck_before_pfn'), 1)
  assert.ok(small.stage.trace.slice(before).every((step) => !/mmuLock|hostMm/.test(step)))
})

test('the pre-check after the pfn lookup sees an invalidation that began meanwhile, and drops the page', () => {
  const small = new SmallVm([faultOn(5), invalidate(0, 8)])
  small.stage
    .runUntil(0, /hostMm.refs/)
    .run(1)
    .run(0)
  assert.equal(small.stage.resultOf(0), RETRY)
  assert.equal(small.counted('retry_precheck_after_pfn'), 1)
  assert.deepEqual(small.violationsAtRest, [])
})

test('an invalidation that comes after both pre-checks is found under mmu_lock, as a false negative', () => {
  const small = new SmallVm([faultOn(5), invalidate(0, 8)])
  small.stage
    .runUntil(0, /mmuLock/)
    .run(1)
    .run(0)
  assert.equal(small.counted('retry_stale_locked'), 1)
  assert.equal(small.counted('precheck_false_negative'), 1)
  assert.deepEqual(small.violations, [])
})

test('a fault outside every memslot is emulated', () => {
  const act = faultOn(1000)
  const small = new SmallVm([act])
  small.stage.run(0)
  assert.equal(small.stage.resultOf(0), EMULATE)
  assert.equal(small.counted('pf_emulate'), 1)
})

test('a fault that meets a frozen entry retries and leaves it alone', () => {
  const small = new SmallVm([faultsOn(4), faultOn(5)])
  small.stage.run(0)
  const table = leafTableOf(small)
  small.stage.memory[small.vm.tables.sptep(table, gfnOf(5), 1)] = FROZEN_SPTE
  small.stage.run(1)
  assert.equal(small.stage.resultOf(1), RETRY)
  assert.equal(small.counted('retry_frozen'), 1)
  assert.equal(small.stage.valueOf(small.vm.tables.sptep(table, gfnOf(5), 1)), FROZEN_SPTE)
})

test('a fault may retry for as long as another CPU is at work on its entry, and not without such a cause', () => {
  const fault = new Fault()
  fault.begin(gfnOf(5), false)
  const retries = (times: number, isFrozen: boolean): Act =>
    function* (cpu, vm) {
      for (let time = 0; time < times; time += 1) {
        fault.beginTry()
        if (isFrozen) yield* vm.kvm.mmuPageFault(cpu, vm, fault)
        else yield* cpu.load(vm.invalidateSeq)
        assertRetryHasCause(cpu, vm, fault)
      }
    }
  const small = new SmallVm([faultsOn(4), retries(1500, true), retries(1500, false)])
  small.stage.run(0)
  small.stage.memory[small.vm.tables.sptep(leafTableOf(small), gfnOf(5), 1)] = FROZEN_SPTE
  small.stage.run(1)
  assert.equal(small.counted('retry_frozen'), 1500)
  assert.deepEqual(small.violations, [])
  small.stage.run(2)
  assert.notDeepEqual(small.violations, [])
})

test('nothing tells how often a fault was tried, or what its tries but the last have seen', () => {
  const after = (tries: number) => {
    const fault = new Fault()
    fault.begin(gfnOf(5), false)
    for (let one = 0; one < tries; one += 1) {
      fault.beginTry()
      fault.seq = one
      fault.prechecked = one === 1
      fault.endTry()
    }
    return fault
  }
  assert.deepEqual(after(3), after(2))
  // B-HOIST loads in the first.
  assert.notDeepEqual(after(2), after(1))
  const ended = (tries: number) => {
    const fault = after(tries)
    fault.seqAtRetry = tries
    fault.idleRetries = tries
    fault.finish()
    return fault
  }
  assert.deepEqual(ended(2), ended(1))
})

test('when two faults link the same table one retries, and no table is lost', () => {
  const small = new SmallVm([faultOn(4), faultOn(5)])
  small.stage.runUntil(0, /cas pageTables/).runUntil(1, /cas pageTables/)
  small.stage.run(0).run(1)
  assert.equal(small.stage.resultOf(0), FIXED)
  assert.equal(small.stage.resultOf(1), RETRY)
  assert.equal(small.counted('retry_cas_link'), 1)
  assert.deepEqual(small.mapped, [4])
})

test('when two faults set the same leaf the second retries', () => {
  const small = new SmallVm([faultsOn(4), faultOn(5), faultOn(5)])
  small.stage.run(0)
  small.stage.runUntil(1, /cas pageTables/).runUntil(2, /cas pageTables/)
  small.stage.run(1).run(2)
  assert.equal(small.stage.resultOf(2), RETRY)
  assert.equal(small.counted('retry_cas_leaf'), 1)
  assert.deepEqual(small.violations, [])
})

/** A fault on page 5, which is mapped already. */
const faultOnPresent = (exec: boolean): Act =>
  function* (cpu, vm) {
    const fault = new Fault()
    fault.begin(gfnOf(5), true, exec)
    return yield* vm.kvm.mmuPageFault(cpu, vm, fault)
  }

/** The guest writes to a page that is mapped without that permission. Whether it got it, and whether mmu_lock was taken for it. */
function writesToReadOnly(kernel: Kernel, mmu: (typeof mmus)[number]) {
  const small = new SmallVm([faultsOn(5), faultOnPresent(false)], kernel, { mmu })
  small.stage.run(0)
  const sptep = small.vm.tables.sptep(leafTableOf(small), gfnOf(5), 1)
  small.stage.memory[sptep]! &= ~W
  const before = small.stage.trace.length
  small.stage.run(1)
  assert.equal(small.stage.resultOf(1), FIXED)
  assert.ok((small.stage.valueOf(sptep) & W) !== 0)
  assert.deepEqual(small.violations, [])
  const locks = small.stage.trace.slice(before).some((step) => step.includes('mmuLock'))
  return { locks, fast: small.counted('pf_fast') }
}

test('a fault that only lacks permission is fixed by a CAS, without mmu_lock', () => {
  assert.deepEqual(writesToReadOnly(PRECHECK, 'tdp'), { locks: false, fast: 1 })
})

test('up to v5.13 a fault that only lacks permission takes mmu_lock on the TDP MMU; on the shadow MMU none does', () => {
  const locked = (mmu: (typeof mmus)[number]) =>
    VERSIONS.filter((kernel) => writesToReadOnly(kernel, mmu).locks).map(({ name }) => name)
  assert.deepEqual(locked('tdp'), ['v5.11', 'v5.12'])
  assert.deepEqual(locked('shadow'), [])
})

test('a fault in a huge page maps all of it, and faults on its other gfns find it mapped', () => {
  const config = {
    isHuge: () => true,
    memslots: [{ slot: 0, baseGfn: BASE_GFN, hva: 0, pages: 1024 }],
  }
  const small = new SmallVm([faultOn(5), faultOn(511), faultOn(512)], NO_PRECHECK, config)
  small.stage.run(0).run(1)
  assert.equal(small.stage.resultOf(0), FIXED)
  assert.equal(small.stage.resultOf(1), SPURIOUS)
  assert.equal(small.leaf(0), small.leaf(511))
  assert.equal(small.leaf(512), 0)
  small.stage.run(2)
  assert.equal(small.stage.resultOf(2), FIXED)
  assert.deepEqual(small.violations, [])
})

test('populating gives way: it never queues for mmu_lock', () => {
  const small = new SmallVm([
    function* (cpu, vm) {
      yield* vm.mmuLock.writeLock(cpu)
    },
    function* (cpu, vm) {
      const fault = new Fault()
      fault.begin(gfnOf(3), false)
      return yield* prefault(cpu, vm, fault)
    },
  ])
  small.stage.run(0).run(1)
  assert.equal(small.stage.resultOf(1), RETRY)
  assert.ok(small.stage.trace.every((step) => !step.includes('waitLock')))
  assert.deepEqual(small.violations, [])
})

test('replacing a present leaf by one with another pfn is reported', () => {
  const small = new SmallVm([faultsOn(4), faultOn(5)])
  small.stage.run(0)
  const sptep = small.vm.tables.sptep(leafTableOf(small), gfnOf(5), 1)
  small.stage.memory[sptep] = makeLeaf(99 as never, 1, R) | ACCESSED
  small.stage.run(1)
  assert.deepEqual(small.violations, ['leaf_pfn_changed'])
})

/** The 4 KiB table under which the first pages of the memslot lie. */
function leafTableOf(small: SmallVm): number {
  let table = small.vm.tables.root
  for (let level = 4; level > 1; level -= 1) {
    table = small.stage.valueOf(wordAt(small.vm.tables.sptep(table, gfnOf(0), level), 0)) >>> 8
  }
  return table
}

test('a fault that executes is never fast: it takes mmu_lock, and finds what it wants', () => {
  const small = new SmallVm([faultsOn(5), faultOnPresent(true)])
  small.stage.run(0)
  const before = small.stage.trace.length
  small.stage.run(1)
  assert.equal(small.stage.resultOf(1), SPURIOUS)
  assert.ok(small.stage.trace.slice(before).some((step) => step.includes('mmuLock')))
})
