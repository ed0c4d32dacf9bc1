import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'

/** `kvm->srcu`, for readers of the memslots. */
export interface SrcuReaders {
  /** Returns what readUnlock() wants back. */
  readLock(cpu: Cpu): Steps<number>
  readUnlock(cpu: Cpu, idx: number): Steps<void>
}

/** The SRCU of a VM with fixed memslots: no reader could hold anything up. */
export const NOTHING_TO_PROTECT: SrcuReaders = {
  *readLock(): Steps<number> {
    return 0
  },
  *readUnlock(): Steps<void> {},
}
