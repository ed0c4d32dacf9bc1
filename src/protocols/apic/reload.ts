import { type Cpu, RMB } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { WORK_KIND } from '../costs.ts'
import { COUNTER } from '../counters.ts'
import { pfnOfPte } from '../host-mm.ts'
import { type Memslot, NO_MEMSLOT } from '../memslots/memslot.ts'
import { makeAllCpusRequest } from '../remote-flush.ts'
import { KVM_REQ_APIC_PAGE_RELOAD, makeRequest } from '../requests.ts'
import type { Vcpu } from '../vcpu.ts'
import type { Vm } from '../vm.ts'
import type { ApicVcpu } from './apic-page.ts'
import { assertApicWrite, assertReloadHasCause } from './oracles.ts'

// arch/x86/kvm/vmx/vmx.c: the address of the APIC-access page. Numbers in comments are explained in STEPS.md.

/**
 * P: `kvm_vcpu_reload_apic_access_page()`, arch/x86/kvm/x86.c, and `vmx_set_apic_access_page_addr()`, arch/x86/kvm/vmx/vmx.c, since
 * v6.6 (775bc098657b), of a vCPU outside of the guest whose request bit has been cleared. A reload that must be made again is a
 * request to oneself: the entry that is being prepared will find it pending, and come round again.
 */
export function* reloadApicAccessPage(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<boolean> {
  const page = vm.apic!
  const own = page.of(vcpu)
  if (!own.isVirtualized) return true
  const slot = yield* vm.memslots.find(cpu, page.gfn)
  if (slot === NO_MEMSLOT) return true
  const invalid = yield* vm.memslots.isInvalid(cpu, slot)
  if (invalid) return true

  own.seq = yield* cpu.read(vm.invalidateSeq)
  // The sequence is read before the pfn. Pairs with the barrier in invalidateEnd().
  yield* cpu.barrier(RMB)
  yield* faultinApicPage(cpu, vm, slot, own)

  yield* vm.mmuLock.readLock(cpu)
  const stale = yield* vm.kvm.invalidateRetryGfn(cpu, vm, own.seq, page.gfn)
  if (stale) yield* requestAgain(cpu, vm, vcpu)
  else yield* writeAddress(cpu, vm, own)
  yield* vm.host.release(cpu, own.pfn)
  yield* vm.mmuLock.readUnlock(cpu)
  return true
}

/** P6: `__kvm_faultin_pfn()` of the page, with a reference. */
export function* faultinApicPage(cpu: Cpu, vm: Vm, slot: Memslot, own: ApicVcpu): Steps<void> {
  cpu.count(COUNTER.apic_reload_attempts, 1)
  own.hostPage = yield* vm.memslots.hostPage(cpu, slot, vm.apic!.gfn)
  own.hostPte = yield* vm.host.faultin(cpu, own.hostPage)
  own.pfn = pfnOfPte(own.hostPage, own.hostPte)
}

/** `vmcs_write64(APIC_ACCESS_ADDR)`, with mmu_lock held for read: only this vCPU uses the field. */
export function* writeAddress(cpu: Cpu, vm: Vm, own: ApicVcpu): Steps<void> {
  assertApicWrite(cpu, vm, own)
  yield* writeAddressUnchecked(cpu, own)
}

/** The same where nothing says that the page is still that page. */
export function* writeAddressUnchecked(cpu: Cpu, own: ApicVcpu): Steps<void> {
  yield* cpu.write(own.address, own.pfn)
  cpu.poke(own.addressPte, own.hostPte)
  own.hasReloaded = true
  own.seqAtRetry = 0
  own.idleRetries = 0
  cpu.count(COUNTER.apic_reloads, 1)
}

/** `kvm_make_request(KVM_REQ_APIC_PAGE_RELOAD)` to oneself. */
export function* requestAgain(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<void> {
  cpu.count(COUNTER.apic_reload_rerequests, 1)
  assertReloadHasCause(cpu, vm, vm.apic!.of(vcpu))
  yield* makeRequest(cpu, vcpu, KVM_REQ_APIC_PAGE_RELOAD)
}

/** `kvm_make_all_cpus_request(KVM_REQ_APIC_PAGE_RELOAD)`: no vCPU enters the guest again without a reload. */
export function* requestApicPageReload(cpu: Cpu, vm: Vm): Steps<void> {
  cpu.count(COUNTER.apic_reload_requests, 1)
  yield* makeAllCpusRequest(cpu, vm, KVM_REQ_APIC_PAGE_RELOAD, COUNTER.apic_reload_ipis)
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
