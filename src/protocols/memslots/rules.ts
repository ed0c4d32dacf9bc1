import type { Hva } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import type { Vm } from '../vm.ts'
import type { Memslot } from './memslots.ts'

/** The places at which the variants of system 3 differ: a notifier's pair of start and end against a memslot update. */
export type MemslotRules = {
  /**
   * S2 and S4: from here to the end of the pair the memslots are to stay as they are. Enters the SRCU section of the start;
   * returns the first slot that overlaps.
   */
  readonly beginPair: (cpu: Cpu, vm: Vm, start: Hva, end: Hva, isBlockable: boolean) => Steps<Memslot>
  /** Whether mmu_lock is taken, in start and end, although no slot overlaps. */
  readonly mustLock: (isBlockable: boolean) => boolean
  /** S6, for the range as it came: with mmu_lock held for write, before the slots that overlap, if any, add theirs. */
  readonly rangeLocked: (cpu: Cpu, vm: Vm, start: Hva, end: Hva) => Steps<void>
  /** E1 to E7. */
  readonly endPair: (cpu: Cpu, vm: Vm, start: Hva, end: Hva, isBlockable: boolean) => Steps<void>
  /** Whether a pair is promised that it sees one set of memslots. */
  readonly keepsSlots: boolean
  /** A VM is destroyed: no end will come for the pairs that have begun. */
  readonly forgetPairs: (cpu: Cpu, vm: Vm) => Steps<void>

  /** M5 to M7: publishes the next set. */
  readonly publish: (cpu: Cpu, vm: Vm) => Steps<void>
  /** M8 and M9, slots_arch_lock held on the way in only. */
  readonly synchronize: (cpu: Cpu, vm: Vm) => Steps<void>
}
