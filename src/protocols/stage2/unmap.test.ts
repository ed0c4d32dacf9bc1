import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Hva, hvaAdd } from '../../shared-memory/addresses.ts'
import { GRANULES, type Granule } from '../../shared-memory/page-tables/stage2-pte.ts'
import type { Kernel } from '../kernel.ts'
import { V6_5, V6_8, V6_12, V6_18, VERSIONS } from '../kernels.ts'
import { notifyStart } from '../mmu-notifier.ts'
import { type Act, BASE_HVA, inTurn, invalidate } from '../testing.contract.ts'
import { THRESHOLD } from '../variants/icache.ts'
import { stage2Of, writes } from './testing.contract.ts'

/** Yields of an unmap of two blocks, while another task wants mmu_lock all the time. */
function yields(granule: Granule, mayBlock: boolean): number {
  const pages = GRANULES[granule].entries * 2
  const unmap: Act = (cpu, vm) => notifyStart(cpu, vm, BASE_HVA as Hva, hvaAdd(BASE_HVA as Hva, pages), mayBlock)
  const waiter: Act = (cpu, vm) => vm.mmuLock.writeLock(cpu)
  const small = stage2Of(granule, [unmap, waiter], THRESHOLD, true)
  small.stage
    .runUntil(0, /load stage2.tables/)
    .run(1)
    .run(0)
  return small.counted('yield_needbreak')
}

test('an unmap may yield between chunks of 1 GiB, 32 MiB or 512 MiB, by the granule, and not within', () => {
  assert.equal(yields('4k', true), 0)
  assert.equal(yields('16k', true), 1)
  assert.equal(yields('64k', true), 1)
})

test('an unmap that may not block never yields', () => {
  for (const granule of ['4k', '16k', '64k'] as const) assert.equal(yields(granule, false), 0)
})

test('with FEAT_TLBIRANGE an unmap since 6.6 flushes its range by one TLBI, mapped or not, and without it leaf by leaf', () => {
  assert.deepEqual(unmapped(V6_8, true).flushes, [1, 1])
  assert.deepEqual(unmapped(V6_8, false).flushes, [4, 0])
  assert.deepEqual(unmapped(V6_5, true).flushes, [4, 0])
  assert.deepEqual(unmapped(V6_8, true, []).flushes, [1, 1])
  assert.deepEqual(unmapped(V6_8, false, []).flushes, [0, 0])
})

test('a page table that an unmap has emptied is freed: since 6.9 after a TLBI of its own, from 6.6 to 6.8 before that of the range', () => {
  for (const kernel of VERSIONS) {
    const { freed, violations } = unmapped(kernel, true)
    assert.equal(freed, 1, kernel.name)
    assert.deepEqual(violations, kernel === V6_8 ? ['free_before_flush'] : [], kernel.name)
  }
  assert.deepEqual(unmapped(V6_12, true).flushes, [2, 1])
  assert.deepEqual(unmapped(V6_8, false).violations, [])
})

test('a page table of which the unmap leaves an entry stays, and so does one that was never linked', () => {
  const [most, others] = [invalidate(0, 4), invalidate(0, 512)]
  assert.equal(tablesFreed(inTurn(writes(3), writes(4), most)), 0)
  assert.equal(tablesFreed(inTurn(writes(3), writes(4), most, others)), 1)
  assert.equal(tablesFreed(others), 0)
})

test('tables that were freed are used again: any number of unmaps takes as many as there are blocks', () => {
  const rounds = Array.from({ length: 12 }, () => [writes(3), writes(515), invalidate(0, 1024)]).flat()
  assert.equal(tablesFreed(inTurn(...rounds)), 24)
})

function unmapped(kernel: Kernel, hasTlbRange: boolean, first: readonly Act[] = [writes(3), writes(4), writes(5)]) {
  const small = stage2Of('4k', [inTurn(...first, invalidate(0, 512), writes(3))], kernel, false, hasTlbRange)
  assert.ok(small.stage.finish())
  return {
    flushes: [small.counted('tlbi_broadcast'), small.counted('tlbi_range')],
    freed: small.counted('stage2_tables_freed'),
    violations: [...small.violations, ...small.violationsAtRest],
  }
}

function tablesFreed(act: Act): number {
  const small = stage2Of('4k', [act], V6_18, false)
  small.stage.run(0)
  assert.deepEqual([...small.violations, ...small.violationsAtRest], [])
  return small.counted('stage2_tables_freed')
}
