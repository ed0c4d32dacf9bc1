import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pfnOfPte } from '../host-mm.ts'
import type { Kernel } from '../kernel.ts'
import { KVM_REQ_APIC_PAGE_RELOAD } from '../requests.ts'
import { inTurn, type SmallVm } from '../testing.contract.ts'
import { BAIL, DOUBLE_FLUSH, INVALIDATE_RANGE, PINNED } from '../variants/apic-page.ts'
import { PRECHECK } from '../variants/precheck.ts'
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
} from './testing.contract.ts'

/** Whether the first vCPU's VMCS has the current address of the page. */
function isCurrent({ vm, stage }: SmallVm): boolean {
  const page = vm.memslots.hostPageAtStart(APIC)!
  const pfn = pfnOfPte(page, vm.host.peekPte(stage.cpus[0]!, page))
  return stage.valueOf(vm.apic!.of(vm.vcpus[0]!).address) === pfn
}

test('the first entry of a vCPU loads the address of the APIC-access page and keeps no reference to it', () => {
  const small = apicVm([enter])
  assert.ok(small.stage.finish())
  assert.ok(isCurrent(small))
  assert.equal(small.counted('apic_reloads'), 1)
  assert.deepEqual(small.violationsAtRest, [])
})

for (const [name, kernel] of Object.entries({ PRECHECK, DOUBLE_FLUSH, BAIL })) {
  test(`a reload during an invalidation is made again until it has ended (${name})`, () => {
    const small = reloadDuringInvalidation(kernel)
    assert.ok(small.counted('apic_reload_rerequests') > 1)
    assert.equal(small.counted('apic_reload_attempts'), small.counted('apic_reload_rerequests') + 2)
    assert.ok(isCurrent(small))
    assert.deepEqual(small.violations, [])
    assert.deepEqual(small.violationsAtRest, [])
  })
}

test('a re-request cancels an entry that was prepared, bailing out prepares none', () => {
  const reRequest = reloadDuringInvalidation(PRECHECK)
  assert.equal(reRequest.counted('entry_cancelled_pending_request'), reRequest.counted('apic_reload_rerequests'))
  assert.equal(reloadDuringInvalidation(BAIL).counted('entry_cancelled_pending_request'), 0)
})

test('the notifier asks for the reload before it flushes, and does neither before the vCPU has left the guest', () => {
  const small = apicVm([guestWithApicInTlb, move])
  const { vm, stage } = small
  stage
    .runUntil(0, /pause/)
    .runUntil(1, /or vcpu0.requests/)
    .play('1')
  assert.equal(stage.valueOf(vm.vcpus[0]!.requests), KVM_REQ_APIC_PAGE_RELOAD)
  stage.run(1)
  assert.match(stage.stateOf(1), /waits at untilClear vcpu0.mode/)
  assert.equal(small.counted('remote_tlb_flush_requests'), 0)
  stage.runUntil(0, /add mmuLock/).runUntil(1, /cas hostMm.pte/)
  assert.equal(small.counted('remote_tlb_flush_requests'), 1)
})

test('the reload of a page that is not mapped is requested too, and nothing is flushed', () => {
  const small = moveUnder(kickedGuest, PRECHECK)
  assert.equal(small.counted('apic_reload_requests'), 1)
  assert.equal(small.counted('remote_tlb_flush_requests'), 0)
})

test('the flush after a reload finds nothing to drop, the one of the notifier does', () => {
  const flushes = (kernel: Kernel) => {
    const small = moveUnder(guestWithApicInTlb, kernel)
    assert.deepEqual(small.violations, [])
    return [
      small.counted('tlb_flush'),
      small.counted('tlb_flush_local_current'),
      small.counted('flush_redundant'),
      small.counted('flush_redundant_local'),
    ]
  }
  // The first entry reloads too, with nothing in the TLB yet.
  assert.deepEqual(flushes(DOUBLE_FLUSH), [1, 2, 2, 2])
  assert.deepEqual(flushes(PRECHECK), [1, 0, 0, 0])
})

test('a pinned page does not move, and no vCPU gets a request', () => {
  const small = apicVm([inTurn(enter, touch(APIC)), move], PINNED)
  small.stage.run(0).run(1)
  assert.equal(small.stage.stateOf(1), 'has ended')
  assert.equal(small.counted('apic_migrations_refused'), 1)
  assert.equal(small.counted('invalidate_start'), 0)
  assert.ok(isCurrent(small))
  assert.deepEqual(small.violationsAtRest, [])
})

test('with ->invalidate_range() the vCPU is asked when the PTE has changed, and reloads during the invalidation', () => {
  const small = apicVm([kickedGuest, move], INVALIDATE_RANGE)
  const { stage } = small
  stage.runUntil(0, /pause/).run(1)
  assert.ok(
    stage.trace.indexOf('1 or vcpu0.requests') > stage.trace.findIndex((step) => /^1 cas hostMm.pte/.test(step)),
  )
  stage.play('0').runUntil(0, /pause/)
  assert.ok(isCurrent(small))
  assert.equal(stage.valueOf(small.vm.invalidateInProgress), 1)
  assert.ok(stage.finish())
  assert.equal(small.counted('apic_reload_rerequests'), 0)
  assert.deepEqual(small.violations, [])
})

test('a vCPU in x2APIC mode has no address, and answers the request without a reload', () => {
  const small = moveUnder(guestWithApicInTlb, PRECHECK, { apic: { gfn: APIC, x2apicVcpus: 1 } })
  assert.equal(small.counted('apic_reload_attempts'), 0)
  assert.deepEqual(small.violations, [])
})
