import { type Cpu, RMB } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { faultinApicPage, writeAddress } from '../apic/reload.ts'
import { variant } from '../kernel.ts'
import { V6_8 } from '../kernels.ts'
import { NO_MEMSLOT } from '../memslots/memslot.ts'
import type { Vcpu } from '../vcpu.ts'
import type { Vm } from '../vm.ts'

/**
 * The reload finds that it must retry, and it is never requested again.
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *                                          S1 .. S9
 *   P1 clears the request
 *   P8 must retry, P9
 *   nothing is pending: enters the guest
 *   with the address it had
 *                                          changes the PTE, frees the page
 */
export const B_LOSTREQ = variant({
  name: 'B-LOSTREQ',
  subject: 'apic-page',
  on: V6_8,
  kind: 'broken',
  reference: 's4, no re-request',
  says: 'a reload that must be repeated is forgotten',
  caughtBy: ['stale_apic_entry'],
  replaces: { reloadApicAccessPage: reloadOnce },
})

function* reloadOnce(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<boolean> {
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
  if (!stale) yield* writeAddress(cpu, vm, own)
  yield* vm.host.release(cpu, own.pfn)
  yield* vm.mmuLock.readUnlock(cpu)
  return true
}
