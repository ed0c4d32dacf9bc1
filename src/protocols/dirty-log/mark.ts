import { type Cpu, RELAXED } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import type { Fault } from '../page-fault.ts'
import type { Vm } from '../vm.ts'
import { BITS, type DirtyLog } from './dirty-log.ts'
import { markLogging } from './oracles.ts'

/** The fault is about to make an entry writable that was not: from here to the end of fastPageFault() the log owes a bit. */
export function aboutToLog(cpu: Cpu, vm: Vm, fault: Fault): void {
  if (fault.isDirtyTracked) markLogging(cpu, vm, fault.gfn)
}

/** `mark_page_dirty_in_slot()`, virt/kvm/kvm_main.c. */
export function* markPageDirty(cpu: Cpu, vm: Vm, fault: Fault): Steps<void> {
  if (!fault.isDirtyTracked) return
  const page = vm.dirtyLog!.pageOf(fault.gfn)
  // set_bit_le(). Pairs with the read-modify-write in clearDirtyLogProtect().
  yield* cpu.or(vm.dirtyLog!.bitmap(Math.floor(page / BITS)), 1 << (page % BITS), RELAXED)
}

/** `kvm_prepare_memory_region()`: the bitmap of a slot whose log begins all set, before any vCPU can see it. */
export function* setAllDirty(cpu: Cpu, log: DirtyLog): Steps<void> {
  for (let word = 0; word < log.words; word += 1) {
    const pages = Math.min(BITS, log.pages - word * BITS)
    yield* cpu.store(log.bitmap(word), pages === BITS ? -1 : (1 << pages) - 1)
  }
}
