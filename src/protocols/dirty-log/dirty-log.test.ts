import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NONPRESENT, W } from '../../shared-memory/page-tables/spte.ts'
import { B_STARTFLUSH } from '../broken/b-startflush.ts'
import type { Kernel } from '../kernel.ts'
import { V5_15, V6_12, V6_18, VERSIONS } from '../kernels.ts'
import {
  executes,
  halts,
  inGuest,
  leavesGuest,
  NxVm,
  own,
  recovers,
  small,
  touches,
  waitsToWrite,
  writesTo,
} from '../nx/testing.contract.ts'
import { type Act, inTurn } from '../testing.contract.ts'
import { clearDirtyLog, getDirtyLog } from './protect.ts'
import { startDirtyLog, stopDirtyLog } from './start-stop.ts'

const BLOCKS = [0, 1, 2, 3]

function loggingVm(
  acts: readonly Act[],
  kernel: Kernel = V6_18,
  isManual = true,
  isEager = false,
  isAllSet = false,
): NxVm {
  return new NxVm(
    acts,
    kernel,
    { nestedPages: 0 },
    {
      updates: { spare: [], pseudoLock: 'none', zap: 'slot' },
      dirtyLog: { slot: 0, isManual, isEager, isAllSet },
    },
  )
}

const everyLeaf = (vm: NxVm): readonly number[] => BLOCKS.map((block) => vm.leafOf(own(block)))
const everyBlock = (act: (block: number) => Act): Act => inTurn(...BLOCKS.map(act))
const clearsAll: Act = (cpu, vm) => clearDirtyLog(cpu, vm, 0, vm.dirtyLog!.pages)

/** Four huge pages, of each of which two small pages were written to while writes were logged; and then no longer. */
const logsAndStops = inTurn(
  everyBlock((block) => writesTo(own(block))),
  startDirtyLog,
  everyBlock((block) => inTurn(writesTo(own(block)), writesTo(own(block, 1)))),
  stopDirtyLog,
)

test('the end of logging flushes once in all up to v5.12, for each leaf in v5.15, for each page table up to v6.12, and once since', () => {
  const flushes = VERSIONS.map((kernel) => {
    const vm = loggingVm([logsAndStops], kernel)
    vm.stage.run(0)
    assert.deepEqual([kernel.name, ...vm.violations], [kernel.name])
    return [kernel.name, vm.counted('tlb_flush_remote_log_stop')]
  })
  assert.deepEqual(flushes, [
    ['v5.11', 1],
    ['v5.12', 1],
    ['v5.15', 8],
    ['v6.5', 4],
    ['v6.8', 4],
    ['v6.12', 4],
    ['v6.18', 1],
    ['v7.1', 1],
  ])
})

test('a huge page takes the place of its page table since v6.13; before, the guest has to fault it in', () => {
  for (const [kernel, isThere] of [
    [V6_18, true],
    [V6_12, false],
  ] as const) {
    const vm = loggingVm([logsAndStops], kernel)
    vm.stage.run(0)
    for (const block of BLOCKS) assert.equal(vm.leafOf(own(block)) !== NONPRESENT, isThere)
    assert.equal(vm.counted('huge_pages_recovered'), 4)
  }
})

test('a walk that lets go of mmu_lock as logging ends has flushed before', () => {
  const vm = loggingVm([logsAndStops, waitsToWrite])
  vm.stage.runUntil(0, /xchg pageTables/).run(1)
  assert.ok(vm.stage.finish())
  assert.deepEqual([vm.counted('tlb_flush_remote_yield'), vm.counted('tlb_flush_remote_log_stop')], [1, 1])
  assert.deepEqual([vm.violations, vm.violationsAtRest], [[], []])
})

test('all that was written to is cleared with one flush, and nothing is flushed if nothing was', () => {
  const writes = everyBlock((block) => writesTo(own(block, 3)))
  const clears = loggingVm([inTurn(startDirtyLog, writes, getDirtyLog, clearsAll, getDirtyLog, clearsAll)])
  clears.stage.run(0)
  assert.equal(clears.counted('tlb_flush_remote_log_clear'), 1)
  assert.equal(clears.counted('sptes_wrprotected'), 4)
  assert.equal(clears.leafOf(own(0, 3)) & W, 0)
  const gets = loggingVm([inTurn(startDirtyLog, writes, getDirtyLog, getDirtyLog)], V6_18, false)
  gets.stage.run(0)
  assert.equal(gets.counted('tlb_flush_remote_log_clear'), 1)
  assert.deepEqual([...clears.violations, ...gets.violations], [])
})

test('logging begins with one flush; with eager splitting no write of the guest has to split a huge page', () => {
  const splits = [false, true].map((isEager) => {
    const writes = everyBlock((block) => writesTo(own(block)))
    const vm = loggingVm([inTurn(writes, startDirtyLog, writes)], V6_18, true, isEager)
    vm.stage.run(0)
    assert.equal(vm.counted('tlb_flush_remote_log_start'), 1)
    assert.deepEqual(vm.violations, [])
    return vm.counted('huge_pages_split')
  })
  assert.deepEqual(splits, [0, 4])
})

test('a log that begins with all pages dirty takes no mmu_lock since v5.14, and protects huge pages as they are cleared: since v5.18 it splits them', () => {
  const writes = everyBlock((block) => writesTo(own(block)))
  const seen = VERSIONS.map((kernel) => {
    const begun = loggingVm([inTurn(writes, startDirtyLog)], kernel, true, true, true)
    const cleared = loggingVm([inTurn(writes, startDirtyLog, getDirtyLog, clearsAll)], kernel, true, true, true)
    for (const vm of [begun, cleared]) {
      vm.stage.run(0)
      assert.deepEqual([kernel.name, ...vm.violations], [kernel.name])
    }
    const isWritable = everyLeaf(cleared).some((leaf) => (leaf & W) !== 0)
    assert.equal(isWritable, false, kernel.name)
    const of = [begun.counted('sptes_wrprotected'), begun.counted('tlb_flush_remote_log_start')]
    return [kernel.name, ...of, cleared.counted('huge_pages_split')]
  })
  assert.deepEqual(seen, [
    ['v5.11', 4, 1, 0],
    ['v5.12', 4, 1, 0],
    ['v5.15', 0, 0, 0],
    ['v6.5', 0, 0, 4],
    ['v6.8', 0, 0, 4],
    ['v6.12', 0, 0, 4],
    ['v6.18', 0, 0, 4],
    ['v7.1', 0, 0, 4],
  ])
})

test('what is asked of a log that begins with all pages dirty is all pages', () => {
  const vm = loggingVm([inTurn(startDirtyLog, getDirtyLog)], V6_18, true, false, true)
  vm.stage.run(0)
  const { words, pages } = vm.vm.dirtyLog!
  const told = Array.from({ length: words }, (_, word) => vm.stage.valueOf(vm.vm.dirtyLog!.user(word)))
  const bits = told.reduce((sum, word) => sum + [...(word >>> 0).toString(2)].filter((bit) => bit === '1').length, 0)
  assert.equal(bits, pages)
})

test('recovery of NX huge pages leaves memory alone whose writes are logged, since v6.2', () => {
  for (const [kernel, skipped] of [
    [V6_18, 1],
    [V6_12, 1],
    [V5_15, 0],
  ] as const) {
    const vm = loggingVm([inTurn(executes(own(0)), startDirtyLog, recovers())], kernel)
    vm.stage.run(0)
    assert.equal(vm.counted('nx_skipped_dirty_log'), skipped, kernel.name)
    assert.equal(vm.counted('nx_zapped_tdp'), 1 - skipped, kernel.name)
    assert.deepEqual(vm.listed, [0, 0])
  }
})

/** The guest has the page in its TLB, page tracking has taken write permission and not flushed, and the VMM begins to log. */
function startsBesideTracking(kernel: Kernel) {
  const guest: Act = function* (cpu, vm) {
    const vcpu = vm.vcpus[cpu.id]!
    yield* vcpu.srcuReadLock(cpu)
    yield* inTurn(inGuest(small(0)), halts, touches(small(0)), leavesGuest)(cpu, vm)
    yield* vcpu.srcuReadUnlock(cpu)
  }
  const protects: Act = (cpu, vm) => vm.kvm.wrprotGfnRange(cpu, vm, small(0), small(1))
  const vm = loggingVm([guest, protects, startDirtyLog, getDirtyLog], kernel)
  vm.stage.runUntil(0, /pause/).runUntil(1, /or vcpu0.requests/)
  vm.stage.run(2).run(0).run(2).run(3)
  assert.ok(vm.stage.finish())
  return vm.violations
}

test('B-STARTFLUSH copies a page to which the guest goes on writing by its TLB', () => {
  assert.deepEqual(startsBesideTracking(B_STARTFLUSH), ['dirty_lost'])
  assert.deepEqual(startsBesideTracking(V5_15), ['dirty_lost'])
  assert.deepEqual(startsBesideTracking(V6_18), [])
})
