import type { Hva } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import type { Vm } from '../vm.ts'
import { NO_MEMSLOT } from './memslot.ts'

/** `kvm_unmap_hva_range()`, arch/x86/kvm/mmu/mmu.c, to v5.12: in every memslot that overlaps, and one flush for all of them. */
export function* unmapHvaRange(cpu: Cpu, vm: Vm, start: Hva, end: Hva, mayBlock: boolean): Steps<void> {
  let flush = false
  let slot = yield* vm.memslots.firstOverlapping(cpu, start, end)
  while (slot !== NO_MEMSLOT) {
    const first = yield* vm.memslots.firstGfn(cpu, slot, start)
    const last = yield* vm.memslots.endGfn(cpu, slot, end)
    const zapped = yield* vm.kvm.unmapGfnRange(cpu, vm, slot, first, last, mayBlock)
    flush = flush || zapped
    slot = yield* vm.memslots.nextOverlapping(cpu, slot, start, end)
  }
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_range_end_of_zap)
}
