import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  APIC,
  apicVm,
  enter,
  guestWithApicInTlb,
  kickedGuest,
  move,
  moveUnder,
  reloadDuringInvalidation,
  touch,
} from '../apic/testing.contract.ts'
import type { Kernel } from '../kernel.ts'
import { type Act, gfnOf, inTurn } from '../testing.contract.ts'
import { PRECHECK } from '../variants/precheck.ts'
import { B_APICLEAK } from './b-apicleak.ts'
import { B_LOSTREQ } from './b-lostreq.ts'
import { B_NOSNAP } from './b-nosnap.ts'
import { B_OLDPFN } from './b-oldpfn.ts'
import { B_REQAFTER } from './b-reqafter.ts'
import { B_SKIPFLUSH } from './b-skipflush.ts'

// The shortest interleaving that shows each fault. The correct protocol runs the same one.

test('B-OLDPFN loads the address of the page that is about to be taken back, and uses it when it is gone', () => {
  assert.deepEqual(
    new Set(reloadDuringInvalidation(B_OLDPFN).violations),
    new Set(['stale_apic_write', 'stale_apic_entry']),
  )
  assert.deepEqual(reloadDuringInvalidation(PRECHECK).violations, [])
})

test('B-LOSTREQ enters the guest with the address that it had', () => {
  const broken = reloadDuringInvalidation(B_LOSTREQ)
  assert.deepEqual(new Set(broken.violations), new Set(['stale_apic_entry']))
  assert.equal(broken.counted('entry_cancelled_pending_request'), 0)
})

test('B-APICLEAK keeps a reference for each reload that has to be made again', () => {
  assert.deepEqual(reloadDuringInvalidation(B_APICLEAK).violationsAtRest, ['page_ref_leak'])
  assert.deepEqual(reloadDuringInvalidation(PRECHECK).violationsAtRest, [])
})

test('B-NOSNAP misses an invalidation that begins and ends between the pfn lookup and mmu_lock', () => {
  const race = (kernel: Kernel) => {
    const small = apicVm([kickedGuest, move], kernel)
    small.stage
      .runUntil(0, /pause/)
      .run(1)
      .runUntil(0, /mmuLock/)
      .run(1)
    assert.equal(small.stage.stateOf(1), 'has ended')
    assert.ok(small.stage.finish())
    return new Set(small.violations)
  }
  assert.deepEqual(race(B_NOSNAP), new Set(['stale_apic_write', 'stale_apic_entry']))
  assert.deepEqual(race(PRECHECK), new Set())
})

test('B-SKIPFLUSH leaves the page in the TLB of a vCPU that has no address to reload', () => {
  const race = (kernel: Kernel) =>
    moveUnder(guestWithApicInTlb, kernel, { apic: { gfn: APIC, x2apicVcpus: 1 } }).violations
  assert.deepEqual(race(B_SKIPFLUSH), ['stale_use', 'unlock_with_pending_flush'])
  assert.deepEqual(race(PRECHECK), [])
})

test('B-REQAFTER returns from the start while a vCPU is in the guest with the old address', () => {
  const pause: Act = (cpu) => cpu.pause()
  const race = (kernel: Kernel) => {
    const guest = inTurn(enter, touch(gfnOf(5)), pause, touch(gfnOf(5)))
    const small = apicVm([guest, move], kernel)
    small.stage.runUntil(0, /pause/).run(1).run(0)
    return { violations: small.violations, host: small.stage.stateOf(1) }
  }
  assert.deepEqual(race(B_REQAFTER), { violations: ['stale_apic_entry'], host: 'has ended' })
  const correct = race(PRECHECK)
  assert.deepEqual(correct.violations, [])
  assert.match(correct.host, /waits at untilClear vcpu0.mode/)
})
