// For tests: a small VM with an APIC-access page, and what its vCPUs and its host do with it.
import assert from 'node:assert/strict'
import type { Gfn, Hva } from '../../shared-memory/addresses.ts'
import { ACCESSED, accessGuestMemory } from '../guest-access.ts'
import type { Kernel } from '../kernel.ts'
import { Fault } from '../page-fault.ts'
import { type Act, BASE_GFN, BASE_HVA, inTurn, SmallVm } from '../testing.contract.ts'
import { PRECHECK } from '../variants/precheck.ts'
import { enterGuest, exitGuest, isKicked } from '../vcpu-run.ts'
import type { VmConfig } from '../vm-config.ts'
import { APIC_ACCESS_PAGE_PRIVATE_MEMSLOT, APIC_DEFAULT_GFN } from './apic-page.ts'
import { migrateApicPage } from './migration.ts'
import { assertApicAccess } from './oracles.ts'

export const APIC_HVA = 0x2000
export const APIC = APIC_DEFAULT_GFN as Gfn

const CONFIG: Partial<VmConfig> = {
  memslots: [
    { slot: 0, baseGfn: BASE_GFN, hva: BASE_HVA, pages: 64 },
    { slot: APIC_ACCESS_PAGE_PRIVATE_MEMSLOT, baseGfn: APIC, hva: APIC_HVA, pages: 1 },
  ],
  apic: { gfn: APIC, x2apicVcpus: 0 },
}

export const apicVm = (acts: readonly Act[], kernel: Kernel = PRECHECK, more: Partial<VmConfig> = {}): SmallVm =>
  new SmallVm(acts, kernel, { ...CONFIG, ...more })

export const enter: Act = function* (cpu, vm) {
  yield* enterGuest(cpu, vm, vm.vcpus[cpu.id]!)
}

/** In the guest, out and in again whenever it is kicked, until that has happened and no invalidation is in progress. */
export const answerKicks: Act = function* (cpu, vm) {
  const vcpu = vm.vcpus[cpu.id]!
  for (let answered = false; ; ) {
    const kicked = yield* isKicked(cpu, vcpu)
    if (kicked) {
      yield* exitGuest(cpu, vcpu)
      yield* enterGuest(cpu, vm, vcpu)
      answered = true
    }
    const inProgress = yield* cpu.load(vm.invalidateInProgress)
    if (answered && inProgress === 0) return
    yield* cpu.pause()
  }
}

/** The guest writes to `gfn`, and faults until it can. */
export const touch = (gfn: Gfn): Act =>
  function* (cpu, vm) {
    const vcpu = vm.vcpus[cpu.id]!
    const fault = new Fault()
    for (;;) {
      const access = yield* accessGuestMemory(cpu, vm, vcpu, gfn)
      if (access === ACCESSED) break
      fault.begin(gfn, false)
      yield* exitGuest(cpu, vcpu)
      yield* vm.kvm.mmuPageFault(cpu, vm, fault)
      yield* enterGuest(cpu, vm, vcpu)
    }
    assertApicAccess(cpu, vm, vcpu, gfn)
  }

/** A vCPU that uses its APIC when it has been kicked and the invalidation is over; in the guest, it pauses. */
export const kickedGuest: Act = inTurn(enter, answerKicks, touch(APIC))

/** The same, with the page in its TLB before. */
export const guestWithApicInTlb: Act = inTurn(enter, touch(APIC), answerKicks, touch(APIC))

/** The host moves the APIC-access page. */
export const move: Act = function* (cpu, vm) {
  yield* migrateApicPage(cpu, vm, APIC_HVA as Hva, 1, 1)
}

/** Both run to the end, from the point where the vCPU is in the guest and the host has just requested a reload. */
export function moveUnder(guest: Act, kernel: Kernel, more: Partial<VmConfig> = {}): SmallVm {
  const small = apicVm([guest, move], kernel, more)
  small.stage.runUntil(0, /pause/).run(1)
  assert.ok(small.stage.finish())
  return small
}

/** The vCPU prepares entries while the invalidation is in progress: its start is over, and the PTE has not changed. */
export function reloadDuringInvalidation(kernel: Kernel): SmallVm {
  const small = apicVm([kickedGuest, move], kernel)
  small.stage
    .runUntil(0, /pause/)
    .run(1)
    .runUntil(0, /add mmuLock/)
    .runUntil(1, /cas hostMm.pte/)
    .pick(new Array(400).fill(0))
  assert.ok(small.stage.finish())
  return small
}
