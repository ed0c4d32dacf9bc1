import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Granule, isExecutable, isTable } from '../../shared-memory/page-tables/stage2-pte.ts'
import { inTurn, invalidate } from '../testing.contract.ts'
import { FULL_IF_GT_PAGE, INTERVAL_TREE_STACK, RANGED, RECHECK, SERIAL, THRESHOLD } from '../variants/icache.ts'
import { isOverLimit } from './icache.ts'
import { executes, smallStage2, stage2Of, writes } from './testing.contract.ts'

const both = inTurn(writes(0), executes(0))

/** Two vCPUs that have both read that the block is not executable. */
function herd(kernel: Parameters<typeof smallStage2>[1]) {
  const small = smallStage2([both, both], kernel)
  small.stage.runUntil(0, /broadcast/).runUntil(1, /broadcast|work|mmuLock|faultRanges/)
  return small
}

test('a block that is written and then executed is mapped by one fault and relaxed by another', () => {
  const small = smallStage2([both], RANGED)
  assert.ok(small.stage.finish())
  assert.equal(small.counted('stage2_mapped'), 1)
  assert.equal(small.counted('stage2_relaxed'), 1)
  assert.equal(small.counted('pf_taken'), 2)
  assert.equal(small.counted('icache_inval_lines'), (2 << 20) / 64)
  assert.deepEqual(small.violations, [])
})

test('vCPUs that find the block not executable at the same time all invalidate it, and all but one for nothing', () => {
  const small = smallStage2([both, both, both], RANGED)
  small.stage.runUntil(0, /broadcast/)
  for (const vcpu of [1, 2]) small.stage.runUntil(vcpu, /broadcast/)
  assert.ok(small.stage.finish())
  assert.equal(small.counted('icache_inval_range_ops'), 3)
  assert.equal(small.counted('icache_wasted'), 2)
  assert.equal(small.counted('relax_eagain'), 2)
  assert.equal(small.counted('stage2_relaxed'), 1)
  // A vCPU that lost drops its translation all the same, so it does not fault again.
  assert.equal(small.counted('pf_taken'), 1 + 3)
  assert.deepEqual(small.violations, [])
})

test('a fault of the serial protocol waits for mmu_lock and finds the permission there', () => {
  const small = smallStage2([both, both], SERIAL)
  small.stage.runUntil(0, /broadcast/).run(1)
  assert.match(small.stage.stateOf(1), /waits at .*mmuLock/)
  assert.ok(small.stage.finish())
  assert.equal(small.counted('icache_inval_range_ops'), 1)
  assert.equal(small.counted('icache_wasted'), 0)
  assert.equal(small.counted('pf_spurious'), 1)
})

test('a fault that finds its range in service enters the guest again, and has invalidated nothing', () => {
  const small = herd(INTERVAL_TREE_STACK)
  small.stage.runUntil(1, /faultRanges/)
  const before = small.counted('fault_range_busy')
  while (small.counted('fault_range_busy') === before) small.stage.play('1')
  assert.equal(small.counted('icache_inval_range_ops'), 1)
  assert.ok(small.stage.finish())
  assert.equal(small.counted('icache_inval_range_ops'), 1)
  assert.equal(small.counted('icache_wasted'), 0)
  assert.ok(small.counted('relax_eagain') >= 1)
  assert.deepEqual(small.violations, [])
})

test('a fault that has read the entry too early invalidates again as soon as the range is free', () => {
  const small = smallStage2([both, both], INTERVAL_TREE_STACK)
  // A8 of vCPU 1 comes before A10 of vCPU 0, and its question for the range after vCPU 0 has left it.
  small.stage
    .runUntil(0, /broadcast/)
    .runUntil(1, /faultRanges.spinlock/)
    .run(0)
  assert.ok(small.stage.finish())
  assert.equal(small.counted('fault_range_busy'), 0)
  assert.equal(small.counted('icache_inval_range_ops'), 2)
  assert.equal(small.counted('icache_wasted'), 1)
  assert.deepEqual(small.violations, [])
})

test('a second look at the entry spares the invalidation if another vCPU was faster', () => {
  const small = smallStage2([both, both], RECHECK)
  small.stage.runUntil(0, /broadcast/)
  small.stage.runUntil(1, /add mmuLock.cnts/).runUntil(1, /load stage2.tables.blocks/)
  small.stage.play('1').run(0)
  assert.ok(small.stage.finish())
  assert.equal(small.counted('icache_skipped'), 1)
  assert.equal(small.counted('icache_inval_range_ops'), 1)
})

const cases: readonly { granule: Granule; isHuge: boolean; byLine: boolean }[] = [
  { granule: '4k', isHuge: false, byLine: true },
  { granule: '16k', isHuge: false, byLine: true },
  { granule: '64k', isHuge: false, byLine: true },
  { granule: '4k', isHuge: true, byLine: false },
  { granule: '16k', isHuge: true, byLine: false },
  { granule: '64k', isHuge: true, byLine: false },
]

for (const { granule, isHuge, byLine } of cases) {
  test(`the threshold takes a ${isHuge ? 'block' : 'page'} of ${granule} pages ${byLine ? 'by line' : 'at once'}`, () => {
    const small = stage2Of(granule, [both], THRESHOLD, isHuge)
    assert.ok(small.stage.finish())
    assert.equal(small.counted('icache_inval_range_ops'), byLine ? 1 : 0)
    assert.equal(small.counted('icache_inval_all'), byLine ? 0 : 1)
    assert.equal(small.counted('icache_inval_over_limit'), 0)
  })
}

test('the threshold is 32, 128 or 512 KiB with lines of 64 bytes', () => {
  for (const [granule, kib] of [
    ['4k', 32],
    ['16k', 128],
    ['64k', 512],
  ] as const) {
    const { stage2 } = stage2Of(granule, [function* () {}], THRESHOLD, true).vm
    assert.deepEqual([isOverLimit(stage2!, kib * 1024), isOverLimit(stage2!, kib * 1024 + 1)], [false, true])
  }
})

test('full-if-gt-page takes a page by line however large it is', () => {
  for (const granule of ['4k', '64k'] as const) {
    const small = stage2Of(granule, [both], FULL_IF_GT_PAGE, false)
    assert.ok(small.stage.finish())
    assert.equal(small.counted('icache_inval_all'), 0)
  }
})

test('a full invalidation is paid for once more by every vCPU that then executes, of other VMs as well', () => {
  const small = smallStage2([both, executes(600)], THRESHOLD)
  small.stage.run(0)
  assert.equal(small.counted('icache_refills'), 1)
  small.stage.run(1)
  assert.equal(small.counted('icache_inval_all'), 2)
  assert.equal(small.counted('icache_refills'), 1 + 2)
})

test('one fault links a table and maps the page in it', () => {
  const small = smallStage2([writes(3)], THRESHOLD, false)
  assert.ok(small.stage.finish())
  assert.deepEqual([small.counted('pf_taken'), small.counted('stage2_mapped')], [1, 1])
})

test('pages get a table, which the fault that lost the race for it finds', () => {
  const small = smallStage2([writes(3), writes(4)], THRESHOLD, false)
  small.stage.runUntil(0, /cas stage2.tables.blocks/).runUntil(1, /cas stage2.tables.blocks/)
  assert.ok(small.stage.finish())
  assert.equal(small.counted('retry_cas_link'), 1)
  assert.equal(small.counted('stage2_mapped'), 2)
  const { tables } = small.vm.stage2!
  assert.ok(isTable(small.stage.valueOf(tables.blockEntry(tables.firstGfnOf(0)))))
})

test('a fault that an invalidation overtakes changes no entry', () => {
  const small = smallStage2([both, invalidate(0, 8)], RANGED)
  small.stage.runUntil(0, /broadcast/)
  // The vCPU holds mmu_lock: the invalidation waits for all of A9.
  small.stage.run(1)
  assert.match(small.stage.stateOf(1), /waits at .*mmuLock/)
  assert.ok(small.stage.finish())
  assert.deepEqual(small.violations, [])
  assert.deepEqual(small.violationsAtRest, [])
})

test('a fault on one block is held up by an invalidation of another, and the fault is not blamed on its TLB', () => {
  const small = smallStage2([both, both, invalidate(512, 520)], THRESHOLD)
  small.stage.runUntil(0, /broadcast/).runUntil(1, /add mmuLock.cnts/)
  const between = () => /hostMm/.test(small.stage.stateOf(2))
  small.stage.run(0)
  while (!between()) small.stage.play('2')
  // arm64 asks without a range: any invalidation in progress will do.
  const before = small.counted('retry_stale_locked')
  small.stage.pick(new Array(1000).fill(0))
  assert.ok(small.counted('retry_stale_locked') > before + 35)
  assert.deepEqual(small.violations, [])
})

test('an invalidation takes the translations away from every TLB, without an IPI', () => {
  const small = smallStage2([inTurn(both, executes(0)), invalidate(0, 512)], THRESHOLD)
  // The guest has written, executed, and is about to execute again out of its TLB.
  while (small.counted('guest_accesses') < 2 + 2 + 1) small.stage.play('0')
  small.stage.run(1)
  const { tables } = small.vm.stage2!
  assert.equal(isExecutable(tables.peekLeaf(small.stage.cpus[0]!, tables.firstGfnOf(0))), false)
  assert.ok(small.stage.finish())
  assert.deepEqual(small.violations, [])
  assert.equal(small.counted('tlb_flush_ipis'), 0)
  assert.ok(isExecutable(tables.peekLeaf(small.stage.cpus[0]!, tables.firstGfnOf(0))))
})

test('a fault holds mmap_lock for read while it reads the sequence, and no longer', () => {
  const { stage } = stage2Of('4k', [writes(0)], THRESHOLD, true, false, true)
  for (const step of [/add .*mmapLockCount/, /mmuInvalidate\.seq/, /sub .*mmapLockCount/, /mmuLock/])
    stage.runUntil(0, step)
  assert.ok(stage.finish())
})
