import type { Gfn, Pfn } from '../shared-memory/addresses.ts'
import { type Memslot, NO_MEMSLOT } from './memslots/memslot.ts'

/** RET_PF_*, with the values of v6.8 and later. */
export const CONTINUE = 0
export const RETRY = 1
export const EMULATE = 2
/** RET_PF_INVALID: fast_page_fault() has done nothing. */
export const PF_INVALID = 3
export const FIXED = 4
export const SPURIOUS = 5
export type FaultResult =
  | typeof CONTINUE
  | typeof RETRY
  | typeof EMULATE
  | typeof PF_INVALID
  | typeof FIXED
  | typeof SPURIOUS

/**
 * `struct kvm_page_fault`: on the vCPU's stack, so no other CPU sees it. Each vCPU owns one and uses it again.
 *
 * What is written as `x | 0` may come out of a computation in doubles: in a field that once held a double, V8 gives the number of each
 * fault an object of its own.
 */
export class Fault {
  /** The fields that need not be whole numbers: see builds, what is compiled to WebAssembly. */
  static readonly FRACTIONS: readonly string[] = ['mapUnits']

  gfn = 0 as Gfn
  slot: Memslot = NO_MEMSLOT
  /** Snapshot of mmu_invalidate_seq. */
  seq = 0
  /** PFERR_PRESENT_MASK: the walk met a present entry that did not allow the access. */
  present = false
  /** PFERR_FETCH_MASK: the guest wanted to execute. */
  exec = false
  /** Writes to the page are logged: KVM_MEM_LOG_DIRTY_PAGES of the slot. */
  isDirtyTracked = false
  /** The amount of work to map it, in units of a normal fault: a fault of a recording may map neighbours too. */
  mapUnits = 1
  pfn = 0 as Pfn
  /** The page of the host behind the gfn, and its entry in the primary MMU by which the pfn was got. */
  hostPage = 0
  hostPte = 0
  /** PFERR_PRIVATE_ACCESS: the gfn was private when the guest faulted. */
  isPrivate = false
  /** The attributes of the huge page around it are mixed. */
  isMixed = false
  /** 0 before the first try of this fault, 1 in it, 2 in all others: to count them would tell tries apart that go on alike. */
  attempt = 0
  /** A pre-check has let it through in this try. */
  prechecked = false
  /** This try met an INVALID memslot. */
  metInvalidSlot = false
  /** The values that a compiler may keep in registers for plain loads: see B-HOIST. */
  cachedInProgress = 0
  cachedSeq = 0
  /** For the oracle: mmu_invalidate_seq at the last retry, and retries since it changed. */
  seqAtRetry = 0
  idleRetries = 0

  begin(gfn: Gfn, present: boolean, exec = false): void {
    this.gfn = (gfn | 0) as Gfn
    this.present = present
    this.exec = exec
    this.attempt = 0
    this.idleRetries = 0
  }

  /** The guest has executed the instruction again. */
  beginTry(): void {
    this.attempt = this.attempt === 0 ? 1 : 2
    this.prechecked = false
    this.metInvalidSlot = false
  }

  /** A try is over. The kernel's structure ends with it, so what it held is the same after all tries that go on alike. */
  endTry(): void {
    this.seq = 0
    this.pfn = 0 as Pfn
    this.hostPte = 0
    this.prechecked = false
  }

  /** The fault is over: nothing tells whether it was tried again. */
  finish(): void {
    this.attempt = 0
    this.seqAtRetry = 0
    this.idleRetries = 0
  }
}
