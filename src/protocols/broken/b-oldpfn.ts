import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { faultinApicPage, writeAddress } from '../apic/reload.ts'
import { variant } from '../kernel.ts'
import { V6_8 } from '../kernels.ts'
import { NO_MEMSLOT } from '../memslots/memslot.ts'
import type { Vcpu } from '../vcpu.ts'
import type { Vm } from '../vm.ts'

/**
 * s4.naive_start: the request is sent from the start of the invalidation, and the reload does not look whether it is over.
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *                                          S7 requests the reload
 *   P1 .. P9 the PTE is the old one, and
 *   so is the address; enters the guest
 *                                          changes the PTE, frees the page
 *                                          E1 .. E7
 *   uses the freed page
 */
export const B_OLDPFN = variant({
  name: 'B-OLDPFN',
  subject: 'apic-page',
  on: V6_8,
  kind: 'broken',
  reference: 's4.naive_start',
  says: 'the reload does not check whether the invalidation is over',
  caughtBy: ['stale_apic_write', 'stale_apic_entry'],
  replaces: { reloadApicAccessPage: reloadUnchecked },
})

function* reloadUnchecked(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<boolean> {
  const page = vm.apic!
  const own = page.of(vcpu)
  if (!own.isVirtualized) return true
  const slot = yield* vm.memslots.find(cpu, page.gfn)
  if (slot === NO_MEMSLOT) return true
  const invalid = yield* vm.memslots.isInvalid(cpu, slot)
  if (invalid) return true

  yield* faultinApicPage(cpu, vm, slot, own)

  yield* vm.mmuLock.readLock(cpu)
  yield* writeAddress(cpu, vm, own)
  yield* vm.host.release(cpu, own.pfn)
  yield* vm.mmuLock.readUnlock(cpu)
  return true
}
