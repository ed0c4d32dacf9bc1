import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { faultinApicPage, requestAgain, writeAddress } from '../apic/reload.ts'
import { variant } from '../kernel.ts'
import { V6_8 } from '../kernels.ts'
import { NO_MEMSLOT } from '../memslots/memslot.ts'
import type { Vcpu } from '../vcpu.ts'
import type { Vm } from '../vm.ts'

/**
 * The reload asks whether an invalidation is in progress, and not whether one has ended since it looked the page up.
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *   P6 old pfn, the PTE has not changed
 *                                          S1 .. S9
 *                                          changes the PTE, frees the page
 *                                          E1 .. E7
 *   P7, P8 nothing in progress
 *   writes the address of the freed page
 */
export const B_NOSNAP = variant({
  name: 'B-NOSNAP',
  subject: 'apic-page',
  on: V6_8,
  kind: 'broken',
  reference: 's4, no sequence',
  says: 'the reload asks for an invalidation in progress only',
  caughtBy: ['stale_apic_write', 'stale_apic_entry'],
  load: { 'window-us': '1', 'pause-us': '0' },
  replaces: { reloadApicAccessPage: reloadUnlessInProgress },
})

function* reloadUnlessInProgress(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<boolean> {
  const page = vm.apic!
  const own = page.of(vcpu)
  if (!own.isVirtualized) return true
  const slot = yield* vm.memslots.find(cpu, page.gfn)
  if (slot === NO_MEMSLOT) return true
  const invalid = yield* vm.memslots.isInvalid(cpu, slot)
  if (invalid) return true

  yield* faultinApicPage(cpu, vm, slot, own)

  yield* vm.mmuLock.readLock(cpu)
  const stale = yield* isInProgress(cpu, vm, page.gfn)
  if (stale) yield* requestAgain(cpu, vm, vcpu)
  else yield* writeAddress(cpu, vm, own)
  yield* vm.host.release(cpu, own.pfn)
  yield* vm.mmuLock.readUnlock(cpu)
  return true
}

function* isInProgress(cpu: Cpu, vm: Vm, gfn: Gfn): Steps<boolean> {
  const inProgress = yield* cpu.read(vm.invalidateInProgress)
  if (inProgress === 0) return false
  const start = yield* cpu.read(vm.invalidateRangeStart)
  const end = yield* cpu.read(vm.invalidateRangeEnd)
  return gfn >= start && gfn < end
}
