import type { Cpu, Word } from '../shared-memory/cpu.ts'
import type { Place } from '../shared-memory/place.ts'
import type { Steps } from '../shared-memory/steps.ts'
import type { SrcuReaders } from './memslots/srcu.ts'
import type { PagingStructureCache } from './nx/paging-structure-cache.ts'
import { Tlb } from './tlb.ts'

/** `vcpu->mode`, with the kernel's values. */
export const OUTSIDE_GUEST_MODE = 0
export const IN_GUEST_MODE = 1
export const EXITING_GUEST_MODE = 2
export const READING_SHADOW_PAGE_TABLES = 3

/**
 * `struct kvm_vcpu`.
 *
 *   mode       OUTSIDE, IN_GUEST or EXITING     written by the vCPU; IN_GUEST -> EXITING by the CPU that kicks it
 *   requests   bitmap                           same line; set by the requester, cleared by the vCPU
 */
export class Vcpu {
  readonly id: number
  readonly mode: Word
  readonly requests: Word
  /** The vCPU's own copies of translations: no other CPU sees or changes them. */
  readonly tlb: Tlb
  /** Only where page tables can be taken away. */
  readonly psc: PagingStructureCache | undefined
  /** The SRCU section that guards the memslots: held from exit to entry. */
  readonly #srcu: SrcuReaders
  #srcuIdx = 0
  /** The leaf at which the hardware's walk of the page tables has ended last. */
  sptep = 0 as Word
  /** It has loaded a root before. */
  hasRoot = false

  constructor(place: Place, id: number, tlbEntries: number, srcu: SrcuReaders, psc?: PagingStructureCache) {
    this.id = id
    this.#srcu = srcu
    const words = place.together(['mode', 'requests'], 'the vCPU, and the CPU that kicks it')
    this.mode = words.mode
    this.requests = words.requests
    this.tlb = new Tlb(tlbEntries)
    this.psc = psc
  }

  /** INVEPT: the vCPU forgets every translation, and every part of one. */
  flush(): void {
    this.tlb.flush()
    this.psc?.flush()
  }

  /** `kvm_vcpu_srcu_read_lock()`: outside of the guest a vCPU may look at the memslots. */
  *srcuReadLock(cpu: Cpu): Steps<void> {
    this.#srcuIdx = yield* this.#srcu.readLock(cpu)
  }

  /** `kvm_vcpu_srcu_read_unlock()`: in the guest, or asleep, it holds up no update. */
  *srcuReadUnlock(cpu: Cpu): Steps<void> {
    yield* this.#srcu.readUnlock(cpu, this.#srcuIdx)
  }
}
