import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import { isShadowPresent, pfnOf } from '../../shared-memory/page-tables/spte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { assertTakenBack, assertUnmapped } from '../assertions.ts'
import { COUNTER } from '../counters.ts'
import { hostPageOfPfn } from '../host-mm.ts'
import type { Vm } from '../vm.ts'

/**
 * `kvm_gmem_punch_hole()`, virt/kvm/guest_memfd.c, since v6.8 (a7800aa80ea4): the pages behind the private gfns [start, end) are given back.
 * No notifier runs, as no process maps them: KVM invalidates them itself. filemap_invalidate_lock() is not re-created.
 */
export function* gmemPunchHole(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn): Steps<void> {
  yield* gmemInvalidateBegin(cpu, vm, start, end)
  // A fault beside the hole may have made a huge page that covers it, of memory that is shared by now: the hole is not in that.
  assertUnmapped(cpu, vm, start, end, (leaf) => mapsGmem(vm, leaf))
  const first = vm.attributes!.gmemPage(start)
  const before = vm.host.peekPte(cpu, first)
  yield* vm.host.migrate(cpu, first, end - start)
  assertTakenBack(cpu, vm, first, before)
  cpu.count(COUNTER.gmem_pages_punched, end - start)
  yield* gmemInvalidateEnd(cpu, vm)
}

const mapsGmem = (vm: Vm, leaf: number): boolean =>
  isShadowPresent(leaf) && vm.attributes!.isGmemPage(hostPageOfPfn(pfnOf(leaf)))

/** `kvm_gmem_invalidate_begin()`. */
export function* gmemInvalidateBegin(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn): Steps<void> {
  const slot = yield* vm.memslots.find(cpu, start)
  yield* vm.mmuLock.writeLock(cpu)
  yield* vm.kvm.invalidateBegin(cpu, vm)
  yield* vm.kvm.invalidateRangeAdd(cpu, vm, start, end)
  const flush = yield* vm.kvm.unmapGfnRange(cpu, vm, slot, start, end, true)
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_attributes)
  yield* vm.mmuLock.writeUnlock(cpu)
}

/** `kvm_gmem_invalidate_end()`. */
export function* gmemInvalidateEnd(cpu: Cpu, vm: Vm): Steps<void> {
  yield* vm.mmuLock.writeLock(cpu)
  yield* vm.kvm.invalidateEnd(cpu, vm)
  yield* vm.mmuLock.writeUnlock(cpu)
}
