import { type Column, float64Column, uint32Column } from './column.ts'

/** The largest gfn that is kept, and one more: guests with memory beyond 16 TiB are not known. */
const GFN_LIMIT = 2 ** 32

/** When a task faulted, and on which gfns: 12 bytes a fault. */
export type FaultStream = { readonly atNs: Column<Float64Array>; readonly gfns: Column<Uint32Array> }

/**
 * The faults of one task, from one kind of event. They are always counted; when and where they were is kept only
 * if the recording is to be replayed.
 */
export class FaultLog {
  count = 0
  /** Those among them on gfns too large to be kept. */
  beyond = 0
  readonly stream: FaultStream | undefined

  constructor(keep: boolean) {
    this.stream = keep ? { atNs: float64Column(), gfns: uint32Column() } : undefined
  }

  add(atNs: number, gfn: number): void {
    this.count += 1
    if (gfn >= GFN_LIMIT) {
      this.beyond += 1
      return
    }
    this.stream?.atNs.push(atNs)
    this.stream?.gfns.push(gfn)
  }

  /** The last entry was not a memory fault. */
  takeBack(gfn: number): void {
    this.count -= 1
    if (gfn >= GFN_LIMIT) {
      this.beyond -= 1
      return
    }
    this.stream?.atNs.pop()
    this.stream?.gfns.pop()
  }
}

const NO_LINE = -1

/**
 * The SPTEs that one task set, grouped into faults. Shadow paging installs present neighbours along with the page that was
 * faulted on (`direct_pte_prefetch()`, `FNAME(pte_prefetch)()`: up to 7, whose SPTEs lie in the same 64 bytes) and leaves
 * the accessed bit of these clear. So an SPTE without that bit, in the same 64 bytes as the last SPTE that the task set with
 * it and with nothing but such SPTEs between, belongs to the fault that set the one with it. Time does not matter: an
 * interrupt may come between.
 */
export class InstallLog {
  readonly faults: FaultLog
  /** SPTEs that are part of the fault before them. */
  folded = 0
  #line = NO_LINE

  constructor(keep: boolean) {
    this.faults = new FaultLog(keep)
  }

  get count(): number {
    return this.faults.count + this.folded
  }

  /** Returns whether it is a separate fault. */
  add(atNs: number, gfn: number, sptep: number, isAccessed: boolean): boolean {
    const line = Math.floor(sptep / 64)
    if (!isAccessed && line === this.#line) {
      this.folded += 1
      return false
    }
    this.#line = isAccessed ? line : NO_LINE
    this.faults.add(atNs, gfn)
    return true
  }
}
