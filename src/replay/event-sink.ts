import type { TraceLine } from './trace-line.ts'

/**
 * The reason why the guest exited: `ept`, `npf` and arm64's `abort` are faults of two-dimensional paging; `exception`
 * gives the guest's own virtual addresses, as shadow paging does.
 */
export type Exit = 'ept' | 'npf' | 'abort' | 'exception' | 'other'

/** The fields of a fault's event besides its address. */
export type FaultKind = {
  /** The address is one of the guest's own: it is no gfn. */
  readonly isVirtual: boolean
  /** The host keeps a reserved bit in the SPTEs of MMIO, which the CPU reports; EPT's exit qualification has another meaning. */
  readonly isReserved: boolean
  /** Memory of guest_memfd, in a confidential guest. */
  readonly isPrivate: boolean
  /** mmu_invalidate_seq and mmu_invalidate_in_progress, where a kernel prints them. */
  readonly state: { readonly seq: string; readonly inProgress: string } | undefined
}

/** The change of an SPTE of the TDP MMU: a leaf appeared, was removed, got another page, or became writable; a table was removed. */
export type SpteChange = 'mapped' | 'collapsed' | 'removed' | 'replaced' | 'made writable' | 'table removed' | 'other'

/** The content of the events that replay and summary need, independent of the kernel that printed them. All numbers are in pages. */
export interface EventSink {
  pageFault(line: TraceLine, gfn: number, kind: FaultKind): void
  /**
   * A fault whose event is not kvm_page_fault: its address is always of the guest's physical memory. `mayBeDevice`: it is not for
   * want of a right, so it may be an access to a device.
   */
  guestFault(line: TraceLine, gfn: number, mayBeDevice: boolean): void
  /** Said before and after a fault on a page that is mapped, whose access flag was clear: the host had aged it. */
  foundMapped(line: TraceLine, gfn: number): void
  /** The guest faulted on a virtual address, whose gfn is unknown. */
  virtualFault(line: TraceLine): void
  /** An access to a device at this gfn was emulated. */
  deviceAccess(line: TraceLine, gfn: number): void
  /** The same, for a fault that is left to the VMM, at any address. */
  deviceExit(line: TraceLine): void
  /** `low` bits of the SPTE; `hasNoUser` if its text shows that the mask of user access does not exist. */
  install(line: TraceLine, gfn: number, pages: number, sptep: number, low: number, hasNoUser: boolean): void
  spteChanged(line: TraceLine, gfn: number, pages: number, change: SpteChange): void
  unmap(line: TraceLine, startPage: number, endPage: number): void
  age(line: TraceLine): void
  /** kvm_set_spte_hva, as page merging asked for until 6.9. */
  setPte(line: TraceLine, page: number): void
  attributesChanged(line: TraceLine, gfn: number, pages: number): void
  /** `generation` of the page tables that are zapped; -1 if the text does not say. */
  zap(line: TraceLine, generation: number): void
  guestEntry(line: TraceLine): void
  guestExit(line: TraceLine, exit: Exit): void
  /** Something that only a thread of a vCPU does; `endsFault` if not in the midst of a fault. */
  vcpuSeen(line: TraceLine, endsFault: boolean): void
  nested(line: TraceLine, isEntered: boolean): void
  fastPageFault(line: TraceLine, isFixed: boolean): void
  /** [from, to) is the lock's address; the flags are [flagsFrom, flagsTo) of `flags`. */
  contentionBegin(line: TraceLine, from: number, to: number, flags: Buffer, flagsFrom: number, flagsTo: number): void
  contentionEnd(line: TraceLine, from: number, to: number): void
  /** A lock known by name was got, whether after a wait or not. */
  namedLockAcquired(line: TraceLine, from: number, to: number): void
  switched(line: TraceLine, previous: number, next: number): void
}

/** Takes the event in; false if its text is not one of the variants. */
export type Read = (line: TraceLine, sink: EventSink) => boolean

export const only =
  (tell: (line: TraceLine, sink: EventSink) => void): Read =>
  (line, sink) => {
    tell(line, sink)
    return true
  }
