import { type Cpu, RMB } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { faultinApicPage, requestAgain, writeAddress } from '../apic/reload.ts'
import { variant } from '../kernel.ts'
import { V5_15, V6_5, V6_8 } from '../kernels.ts'
import { NO_MEMSLOT } from '../memslots/memslot.ts'
import type { Vcpu } from '../vcpu.ts'
import type { Vm } from '../vm.ts'

// System 4: the APIC-access page moves. The variants that are correct.

export const DOUBLE_FLUSH = variant({
  name: 'double-flush',
  subject: 'apic-page',
  on: V6_5,
  kind: 'good',
  reference: 's4.6_5, 0a8a5f2c8c26',
  says: 'a reload that finds an invalidation requests itself again; one that succeeds flushes the current context',
  replaces: {},
})

export const RE_REQUEST = variant({
  name: 're-request',
  subject: 'apic-page',
  on: V6_8,
  kind: 'good',
  reference: 's4.6_6, 775bc098657b',
  says: 'the same without the flush: the one of the notifier is the only one',
  replaces: {},
})

export const BAIL = variant({
  name: 'bail',
  subject: 'apic-page',
  on: V6_8,
  kind: 'good',
  reference: 's4.bail',
  says: 'a reload that must be repeated aborts the entry at once, before the rest of it is prepared',
  replaces: { reloadApicAccessPage: reloadOrBail },
})

function* reloadOrBail(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<boolean> {
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
  yield* vm.host.release(cpu, own.pfn)
  yield* vm.mmuLock.readUnlock(cpu)
  return !stale
}

/** The VM holds a reference, so the page never moves, and no notifier concerns it. */
export const PINNED = variant({
  name: 'pinned',
  subject: 'apic-page',
  on: V6_8,
  kind: 'good',
  reference: 's4.pin, up to v3.18',
  says: 'each vCPU keeps a reference to the page, which the host can then not move',
  replaces: { unmapGfnRange: V5_15.kvm.unmapGfnRange, pinsApicAccessPage: true },
})

export const INVALIDATE_RANGE = variant({
  name: 'invalidate-range',
  subject: 'apic-page',
  on: V5_15,
  kind: 'good',
  reference: 's4.5_15',
  says: 'the request is sent after the PTE has changed; the reload checks nothing and flushes',
  replaces: {},
})
