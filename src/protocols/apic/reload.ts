import { type Cpu, RMB } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { WORK_KIND } from '../costs.ts'
import { COUNTER } from '../counters.ts'
import { pfnOfPte } from '../host-mm.ts'
import { NO_MEMSLOT } from '../memslots/memslots.ts'
import { makeAllCpusRequest } from '../remote-flush.ts'
import { KVM_REQ_APIC_PAGE_RELOAD, makeRequest } from '../requests.ts'
import { invalidateRetryGfn } from '../retry.ts'
import type { Vcpu } from '../vcpu.ts'
import type { Vm } from '../vm.ts'
import type { ApicVcpu } from './apic-page.ts'
import { assertApicWrite, assertReloadHasCause } from './oracles.ts'

/** The places at which the variants of system 4 differ. */
export type ApicRules = {
  /**
   * S7: an invalidation has unmapped the page's gfn, with mmu_lock held for write. `flush`: an SPTE was zapped, or is pending;
   * returns whether a remote flush is still to come.
   */
  readonly unmapped: (cpu: Cpu, vm: Vm, flush: boolean) => Steps<boolean>
  /** `->invalidate_range()` of the page's hva: the primary MMU has changed, and the invalidation goes on. */
  readonly invalidateRange: (cpu: Cpu, vm: Vm) => Steps<void>
  /** P, in service of a request. False: the entry is given up at once. */
  readonly reload: (cpu: Cpu, vm: Vm, vcpu: Vcpu) => Steps<boolean>
  /** P7 to P9: the pfn is looked up, its address goes into the VMCS if it is still good. */
  readonly setAddress: (cpu: Cpu, vm: Vm, vcpu: Vcpu) => Steps<boolean>
  /** P8. */
  readonly isStale: (cpu: Cpu, vm: Vm, own: ApicVcpu) => Steps<boolean>
  /** P8, when it is stale. False: the entry is given up at once. */
  readonly retry: (cpu: Cpu, vm: Vm, vcpu: Vcpu) => Steps<boolean>
  /** P9: the reference that P6 took. */
  readonly release: (cpu: Cpu, vm: Vm, own: ApicVcpu, stale: boolean) => Steps<void>
  /** P9, when the address is written and mmu_lock is free. */
  readonly written: (cpu: Cpu, vm: Vm, vcpu: Vcpu) => Steps<void>
  /** Whether the VM holds a reference to the page from its creation to its end. */
  readonly isPinned: boolean
}

/**
 * P: `kvm_vcpu_reload_apic_access_page()`, `vmx_set_apic_access_page_addr()`, of a vCPU outside of the guest whose request bit
 * has been cleared. Returns whether the entry goes on; if a request is pending by then, it will be cancelled later.
 */
function* reloadApicAccessPage(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<boolean> {
  const page = vm.apic!
  const own = page.of(vcpu)
  if (!own.isVirtualized) return true
  const slot = yield* vm.memslots.find(cpu, page.gfn)
  if (slot === NO_MEMSLOT) return true
  const invalid = yield* vm.memslots.isInvalid(cpu, slot)
  if (invalid) return true

  cpu.count(COUNTER.apic_reload_attempts, 1)
  own.seq = yield* cpu.read(vm.invalidateSeq)
  // The sequence is read before the pfn. Pairs with the barrier in invalidateEnd().
  yield* cpu.barrier(RMB)
  own.hostPage = yield* vm.memslots.hostPage(cpu, slot, page.gfn)
  own.hostPte = yield* vm.host.faultin(cpu, own.hostPage)
  own.pfn = pfnOfPte(own.hostPage, own.hostPte)
  return yield* vm.rules.apic.setAddress(cpu, vm, vcpu)
}

/** P7 to P9 since 6.5. */
function* setAddressUnderLock(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<boolean> {
  const own = vm.apic!.of(vcpu)
  yield* vm.mmuLock.readLock(cpu)
  const stale = yield* vm.rules.apic.isStale(cpu, vm, own)
  let goesOn = true
  if (stale) {
    goesOn = yield* vm.rules.apic.retry(cpu, vm, vcpu)
  } else {
    assertApicWrite(cpu, vm, own)
    yield* writeAddress(cpu, own)
  }
  yield* vm.rules.apic.release(cpu, vm, own, stale)
  yield* vm.mmuLock.readUnlock(cpu)
  if (!stale) yield* vm.rules.apic.written(cpu, vm, vcpu)
  return goesOn
}

/** `vmcs_write64(APIC_ACCESS_ADDR)`: only this vCPU uses the field. */
export function* writeAddress(cpu: Cpu, own: ApicVcpu): Steps<void> {
  yield* cpu.write(own.address, own.pfn)
  cpu.poke(own.addressPte, own.hostPte)
  own.reloads += 1
  own.idleRetries = 0
  cpu.count(COUNTER.apic_reloads, 1)
}

/** Has an invalidation of the page begun, or come and gone, since its pfn was looked up? Exact, as mmu_lock is held. */
function* isReloadStale(cpu: Cpu, vm: Vm, own: ApicVcpu): Steps<boolean> {
  return yield* invalidateRetryGfn(cpu, vm, own.seq, vm.apic!.gfn)
}

/** The same request once more: the entry that is being prepared will find it pending, and come round again. */
export function* reRequest(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<boolean> {
  cpu.count(COUNTER.apic_reload_rerequests, 1)
  assertReloadHasCause(cpu, vm, vm.apic!.of(vcpu))
  yield* makeRequest(cpu, vcpu, KVM_REQ_APIC_PAGE_RELOAD)
  return true
}

export function* releasePage(cpu: Cpu, vm: Vm, own: ApicVcpu): Steps<void> {
  yield* vm.host.release(cpu, own.pfn)
}

/**
 * S7 since 6.5: every vCPU has left the guest when this returns, and none enters before it has reloaded the address. The request
 * first, the flush afterwards; sent whether or not there was anything to zap.
 */
export function* requestReload(cpu: Cpu, vm: Vm, flush: boolean): Steps<boolean> {
  cpu.count(COUNTER.apic_reload_requests, 1)
  yield* makeAllCpusRequest(cpu, vm, KVM_REQ_APIC_PAGE_RELOAD, COUNTER.apic_reload_ipis)
  return flush
}

/** `vmx_flush_tlb_current()`: INVEPT of the context that this vCPU has loaded. */
export function* flushTlbCurrent(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<void> {
  cpu.count(COUNTER.tlb_flush_local_current, 1)
  if (!vcpu.tlb.holds(vm.apic!.gfn)) {
    cpu.count(COUNTER.flush_redundant, 1)
    cpu.count(COUNTER.flush_redundant_local, 1)
  }
  yield* cpu.work(WORK_KIND.tlb_flush, 1)
  vcpu.flush()
}

function* noHook(): Steps<void> {}

/** s4.6_6: upstream since 6.6. The retry is a request to oneself; the notifier's flush is the only one. */
export const RE_REQUEST_RELOAD: ApicRules = {
  unmapped: requestReload,
  invalidateRange: noHook,
  reload: reloadApicAccessPage,
  setAddress: setAddressUnderLock,
  isStale: isReloadStale,
  retry: reRequest,
  release: releasePage,
  written: noHook,
  isPinned: false,
}
