import type { Gfn, Hva } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { faultinApicPage, flushTlbCurrent, requestApicPageReload, writeAddressUnchecked } from '../apic/reload.ts'
import { type Memslot, NO_MEMSLOT } from '../memslots/memslots.ts'
import type { Vcpu } from '../vcpu.ts'
import type { Vm } from '../vm.ts'

// What v5.15 has, and v6.5 no longer.

/** `kvm_unmap_gfn_range()`, arch/x86/kvm/mmu/mmu.c, to v6.4: the APIC-access page is no concern of it. */
export function* unmapGfnRange(
  cpu: Cpu,
  vm: Vm,
  slot: Memslot,
  start: Gfn,
  end: Gfn,
  _mayBlock: boolean,
): Steps<boolean> {
  let flush = false
  if (vm.hasRmaps) flush = yield* vm.kvm.rmapZapGfnRange(cpu, vm, slot, start, end, true, flush)
  if (vm.hasTdpMmu) flush = yield* vm.kvm.tdpMmuUnmapGfnRange(cpu, vm, start, end, true, flush)
  return flush
}

/**
 * `kvm_arch_mmu_notifier_invalidate_range()`, arch/x86/kvm/x86.c, to v6.4: core mm calls when the PTEs have changed. Whoever looks
 * the APIC-access page up after that finds the new one.
 */
export function* invalidateRange(cpu: Cpu, vm: Vm, _start: Hva, _end: Hva): Steps<void> {
  yield* requestApicPageReload(cpu, vm)
}

/** `kvm_vcpu_reload_apic_access_page()`, arch/x86/kvm/vmx/vmx.c, to v6.4: checks nothing, as it is asked when all is over. */
export function* reloadApicAccessPage(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<boolean> {
  const page = vm.apic!
  const own = page.of(vcpu)
  if (!own.isVirtualized) return true
  const slot = yield* vm.memslots.find(cpu, page.gfn)
  if (slot === NO_MEMSLOT) return true
  const invalid = yield* vm.memslots.isInvalid(cpu, slot)
  if (invalid) return true

  yield* faultinApicPage(cpu, vm, slot, own)
  yield* writeAddressUnchecked(cpu, own)
  yield* flushTlbCurrent(cpu, vm, vcpu)
  yield* vm.host.release(cpu, own.pfn)
  return true
}
