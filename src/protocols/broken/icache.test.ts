import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kernel } from '../kernel.ts'
import { executes, smallStage2, writes } from '../stage2/testing.contract.ts'
import { inTurn, invalidate } from '../testing.contract.ts'
import { INTERVAL_TREE_STACK, RANGED, THRESHOLD } from '../variants/icache.ts'
import { B_NOTLBI } from './b-notlbi.ts'
import { B_PUBFIRST } from './b-pubfirst.ts'
import { B_SLEEP } from './b-sleep.ts'
import { B_VOLUME } from './b-volume.ts'

// The shortest interleaving that shows each fault of system 2. The correct protocol runs the same one.

const boots = inTurn(writes(0), executes(0))

test('B-PUBFIRST lets another vCPU execute what its I-cache holds of the old memory', () => {
  const race = (kernel: Kernel) => {
    const small = smallStage2([boots, executes(0)], kernel)
    // vCPU 0 has mapped the block and is before its invalidation; vCPU 1 executes from it if it can.
    small.stage.runUntil(0, /broadcast/).run(1)
    const seenBy = small.stage.cpus.map(({ violations }) => violations.length)
    small.stage.run(0)
    return { small, seenBy }
  }
  const broken = race(B_PUBFIRST)
  assert.deepEqual(broken.seenBy, [1, 1])
  assert.deepEqual(broken.small.violations, ['exec_before_icache', 'exec_before_icache'])
  assert.deepEqual(race(RANGED).small.violations, [])
})

test('B-SLEEP sleeps and allocates with mmu_lock held, and an invalidation waits for the one that sleeps', () => {
  const race = (kernel: Kernel) => {
    const small = smallStage2([boots, boots, invalidate(0, 8)], kernel)
    small.stage.runUntil(0, /cas stage2.tables.blocks|faultRanges.(mutex|spinlock)/)
    while (!/faultRanges/.test(small.stage.stateOf(0))) small.stage.play('0')
    // Owns the lock of the ranges.
    small.stage
      .play('0')
      .runUntil(1, /faultRanges.(mutex|spinlock)/)
      .run(1)
      .run(2)
    return small
  }
  const broken = race(B_SLEEP)
  assert.match(broken.stage.stateOf(1), /park|waits at/)
  assert.match(broken.stage.stateOf(2), /waits at .*mmuLock/)
  assert.ok(broken.violations.includes('sleep_in_atomic'))
  assert.ok(broken.violations.includes('alloc_in_atomic'))
  assert.deepEqual(race(INTERVAL_TREE_STACK).violations, [])
})

test('B-VOLUME issues more operations under mmu_lock than MAX_DVM_OPS, once for each vCPU', () => {
  const herd = (kernel: Kernel) => {
    const small = smallStage2([boots, boots, boots], kernel)
    for (const vcpu of [0, 1, 2]) small.stage.runUntil(vcpu, /broadcast/)
    assert.ok(small.stage.finish())
    return small
  }
  const broken = herd(B_VOLUME)
  assert.equal(broken.counted('icache_inval_over_limit'), 3)
  assert.equal(broken.counted('icache_inval_lines'), (3 * (2 << 20)) / 64)
  assert.deepEqual(broken.violations, [])
  assert.equal(herd(THRESHOLD).counted('icache_inval_over_limit'), 0)
})

test('B-NOTLBI leaves the vCPU that lost the race faulting on its old TLB entry', () => {
  const race = (kernel: Kernel) => {
    const small = smallStage2([boots, boots], kernel)
    for (const vcpu of [0, 1]) small.stage.runUntil(vcpu, /broadcast/)
    assert.ok(small.stage.finish())
    return small
  }
  const broken = race(B_NOTLBI)
  assert.deepEqual(broken.violations, ['refault_unbounded'])
  assert.equal(broken.stage.resultOf(1), undefined)
  const correct = race(THRESHOLD)
  assert.deepEqual(correct.violations, [])
  assert.equal(correct.counted('pf_taken'), 3)
})
