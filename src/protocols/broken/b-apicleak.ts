import { type Cpu, RMB } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { faultinApicPage, requestAgain, writeAddress } from '../apic/reload.ts'
import { variant } from '../kernel.ts'
import { V6_8 } from '../kernels.ts'
import { NO_MEMSLOT } from '../memslots/memslot.ts'
import type { Vcpu } from '../vcpu.ts'
import type { Vm } from '../vm.ts'

/**
 * A reload that must retry returns without dropping the page.
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *                                          S1 .. S9
 *   P6 takes a reference
 *   P8 must retry, the reference stays
 *   and again, at each pass
 */
export const B_APICLEAK = variant({
  name: 'B-APICLEAK',
  subject: 'apic-page',
  on: V6_8,
  kind: 'broken',
  reference: 's4, reference kept on retry',
  says: 'a reload that must be repeated keeps its page reference',
  caughtBy: ['page_ref_leak'],
  replaces: { reloadApicAccessPage: reloadAndKeepPage },
})

function* reloadAndKeepPage(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<boolean> {
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
  if (!stale) yield* vm.host.release(cpu, own.pfn)
  yield* vm.mmuLock.readUnlock(cpu)
  return true
}
