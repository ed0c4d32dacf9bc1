import { type Cpu, MB } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { flushRemoteTlbs } from '../remote-flush.ts'
import { KVM_REQ_APIC_PAGE_RELOAD, makeRequest } from '../requests.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'
import { EXITING_GUEST_MODE, IN_GUEST_MODE } from '../vcpu.ts'
import type { Vm } from '../vm.ts'

/**
 * The flush first, then the request, and nobody waits until it is seen.
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *                                          S7 flushes, every vCPU has left the guest
 *   enters the guest again
 *                                          S7 requests the reload, sends an IPI, goes on
 *                                          changes the PTE, frees the page
 *   uses the freed page; the IPI arrives
 */
export const B_REQAFTER: Rules = { ...PRECHECK, apic: { ...PRECHECK.apic, unmapped: flushThenRequest } }

function* flushThenRequest(cpu: Cpu, vm: Vm, flush: boolean): Steps<boolean> {
  if (flush) yield* flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_range_end_of_zap)
  cpu.count(COUNTER.apic_reload_requests, 1)
  for (const vcpu of vm.vcpus) {
    yield* makeRequest(cpu, vcpu, KVM_REQ_APIC_PAGE_RELOAD)
    yield* cpu.barrier(MB)
    yield* cpu.cas(vcpu.mode, IN_GUEST_MODE, EXITING_GUEST_MODE)
  }
  return false
}
