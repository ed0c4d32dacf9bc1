import type { Gfn } from '../../shared-memory/addresses.ts'
import { type Cpu, MB } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { variant } from '../kernel.ts'
import { V6_8 } from '../kernels.ts'
import type { Memslot } from '../memslots/memslot.ts'
import { KVM_REQ_APIC_PAGE_RELOAD, makeRequest } from '../requests.ts'
import { EXITING_GUEST_MODE, IN_GUEST_MODE } from '../vcpu.ts'
import type { Vm } from '../vm.ts'

/**
 * The flush first, then the request, and no CPU waits until it is seen.
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *                                          S7 flushes, every vCPU has left the guest
 *   enters the guest again
 *                                          S7 requests the reload, sends an IPI, continues
 *                                          changes the PTE, frees the page
 *   uses the freed page; the IPI arrives
 */
export const B_REQAFTER = variant({
  name: 'B-REQAFTER',
  subject: 'apic-page',
  on: V6_8,
  kind: 'broken',
  reference: 's4, flush, then request without WAIT',
  says: 'the notifier does not wait until the vCPUs have left the guest',
  caughtBy: ['stale_apic_entry'],
  load: { 'window-us': '0', 'pause-us': '0' },
  replaces: { unmapGfnRange: flushThenRequest },
})

function* flushThenRequest(cpu: Cpu, vm: Vm, slot: Memslot, start: Gfn, end: Gfn, mayBlock: boolean): Steps<boolean> {
  let flush = false
  if (vm.hasRmaps) flush = yield* vm.kvm.rmapZapGfnRange(cpu, vm, slot, start, end, false, flush)
  if (vm.hasTdpMmu) flush = yield* vm.kvm.tdpMmuUnmapGfnRange(cpu, vm, start, end, mayBlock, flush)
  if (!vm.holdsApicPage(start, end)) return flush
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_range_end_of_zap)
  cpu.count(COUNTER.apic_reload_requests, 1)
  for (const vcpu of vm.vcpus) {
    yield* makeRequest(cpu, vcpu, KVM_REQ_APIC_PAGE_RELOAD)
    yield* cpu.barrier(MB)
    yield* cpu.cas(vcpu.mode, IN_GUEST_MODE, EXITING_GUEST_MODE)
  }
  return false
}
