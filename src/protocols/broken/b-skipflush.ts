import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { requestApicPageReload } from '../apic/reload.ts'
import { variant } from '../kernel.ts'
import { V6_5 } from '../kernels.ts'
import type { Memslot } from '../memslots/memslot.ts'
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
export const B_SKIPFLUSH = variant({
  name: 'B-SKIPFLUSH',
  subject: 'apic-page',
  on: V6_5,
  kind: 'broken',
  reference: 's4.skip_remote, Yu Zhang',
  says: 'the notifier leaves the flush to the reload, which not every vCPU does',
  caughtBy: ['unlock_with_pending_flush', 'stale_use'],
  load: { x2apic: '1' },
  replaces: { unmapGfnRange: leaveFlushToReload },
})

function* leaveFlushToReload(cpu: Cpu, vm: Vm, slot: Memslot, start: Gfn, end: Gfn, mayBlock: boolean): Steps<boolean> {
  let flush = false
  if (vm.hasRmaps) flush = yield* vm.kvm.rmapZapGfnRange(cpu, vm, slot, start, end, false, flush)
  if (vm.hasTdpMmu) flush = yield* vm.kvm.tdpMmuUnmapGfnRange(cpu, vm, start, end, mayBlock, flush)
  if (!vm.holdsApicPage(start, end)) return flush
  yield* requestApicPageReload(cpu, vm)
  return false
}
