import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'

/** `kvm->srcu`, for those who look at the memslots. */
export interface SrcuReaders {
  /** Returns what readUnlock() wants back. */
  readLock(cpu: Cpu): Steps<number>
  readUnlock(cpu: Cpu, idx: number): Steps<void>
}

/** Of a VM whose memslots stay as they are: there is nothing that a reader could hold up. */
export const NOTHING_TO_PROTECT: SrcuReaders = {
  *readLock(): Steps<number> {
    return 0
  },
  *readUnlock(): Steps<void> {},
}
