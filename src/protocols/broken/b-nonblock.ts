import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { requestApicPageReload } from '../apic/reload.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import type { Memslot } from '../memslots/memslot.ts'
import type { Vm } from '../vm.ts'

/**
 * The walk yields although the invalidation may not block: the OOM reaper calls it so, with a lock held that must not wait for
 * tasks that wait for memory.
 *
 *   vCPU                                   OOM reaper
 *   ----                                   ----------
 *                                          S5 mmu_lock
 *   waits for mmu_lock
 *                                          Z1 drops it, and waits for it behind the vCPU
 */
export const B_NONBLOCK = variant({
  name: 'B-NONBLOCK',
  subject: 'elision',
  on: V6_18,
  kind: 'broken',
  reference: 's3, may_block ignored',
  says: 'an invalidation that may not block drops mmu_lock on the way',
  caughtBy: ['yield_in_nonblock'],
  load: { 'inside-share': '100', 'nonblock-share': '100', 'pause-us': '0' },
  replaces: { unmapGfnRange: yieldAnyway },
})

function* yieldAnyway(cpu: Cpu, vm: Vm, slot: Memslot, start: Gfn, end: Gfn, _mayBlock: boolean): Steps<boolean> {
  let flush = false
  if (vm.hasRmaps) flush = yield* vm.kvm.rmapZapGfnRange(cpu, vm, slot, start, end, true, flush)
  if (vm.hasTdpMmu) flush = yield* vm.kvm.tdpMmuUnmapGfnRange(cpu, vm, start, end, true, flush)
  if (vm.holdsApicPage(start, end)) yield* requestApicPageReload(cpu, vm)
  return flush
}
