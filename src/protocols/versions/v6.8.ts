import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { requestApicPageReload } from '../apic/reload.ts'
import type { Memslot } from '../memslots/memslots.ts'
import type { Vm } from '../vm.ts'

// What v6.8 has, and v6.12 no longer.

/**
 * `rwlock_needbreak()`, include/linux/sched.h, to v6.10: whether the kernel is preemptible is asked of its configuration. One with
 * PREEMPT_DYNAMIC is, and yields on contention even if it was booted with preempt=none or voluntary.
 */
export function* rwlockNeedbreak(cpu: Cpu, vm: Vm): Steps<boolean> {
  return yield* vm.mmuLock.isContended(cpu)
}

/** S7: `kvm_unmap_gfn_range()`, arch/x86/kvm/mmu/mmu.c, v6.5 to v6.11: the shadow MMU never yields under a notifier. */
export function* unmapGfnRange(
  cpu: Cpu,
  vm: Vm,
  slot: Memslot,
  start: Gfn,
  end: Gfn,
  mayBlock: boolean,
): Steps<boolean> {
  let flush = false
  if (vm.hasRmaps) flush = yield* vm.kvm.rmapZapGfnRange(cpu, vm, slot, start, end, false, flush)
  if (vm.hasTdpMmu) flush = yield* vm.kvm.tdpMmuUnmapGfnRange(cpu, vm, start, end, mayBlock, flush)
  if (vm.holdsApicPage(start, end)) yield* requestApicPageReload(cpu, vm)
  return flush
}
