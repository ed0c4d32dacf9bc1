import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { requestReload } from '../apic/reload.ts'
import { DOUBLE_FLUSH } from '../apic/variants.ts'
import type { Rules } from '../rules.ts'
import type { Vm } from '../vm.ts'

/**
 * s4.skip_remote: what Yu Zhang asks in the seed. kvm_unmap_gfn_range() says that nothing is left to flush, as the reload
 * flushes. But it does so for one context of one vCPU, and returns early where there is no address to load.
 *
 *   vCPU 1, in x2APIC mode                 notifier
 *   ----                                   --------
 *   touches the page, has it in its TLB
 *                                          S1 .. S9 zaps the SPTE, no remote flush
 *   P3 returns: nothing to load, no flush
 *                                          changes the PTE, frees the page
 *   uses the freed page through its TLB
 */
export const B_SKIPFLUSH: Rules = { ...DOUBLE_FLUSH, apic: { ...DOUBLE_FLUSH.apic, unmapped: requestAndSkipFlush } }

function* requestAndSkipFlush(cpu: Cpu, vm: Vm): Steps<boolean> {
  return yield* requestReload(cpu, vm, false)
}
