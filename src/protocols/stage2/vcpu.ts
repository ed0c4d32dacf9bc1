import type { Gfn } from '../../shared-memory/addresses.ts'
import type { HostPte } from '../host-mm.ts'

/**
 * The stage-2 translations that a vCPU's CPU has cached, with what they allow: direct-mapped, in memory that is not shared.
 * A block is one translation. Each remembers the number of broadcast TLBIs of its block when it was filled: it is good as
 * long as that stands, as the hardware takes it away with the next.
 */
export class Stage2Tlb {
  readonly #mask: number
  readonly #firsts: Int32Array
  readonly #pages: Int32Array
  readonly #ptes: Int32Array
  readonly #epochs: Int32Array
  /** The entry of the primary MMU behind each translation when it was filled: for the oracle. */
  readonly #hostPtes: Int32Array

  constructor(entries: number) {
    this.#mask = entries - 1
    this.#firsts = new Int32Array(entries)
    this.#pages = new Int32Array(entries)
    this.#ptes = new Int32Array(entries)
    this.#epochs = new Int32Array(entries)
    this.#hostPtes = new Int32Array(entries)
  }

  /** Where the translation of `gfn` lies, which is page `gfn` or the block of that number; -1: nowhere. */
  find(gfn: Gfn, block: number): number {
    const page = gfn & this.#mask
    if (this.#pages[page] === 1 && this.#firsts[page] === gfn) return page
    const large = block & this.#mask
    const first = this.#firsts[large]!
    return gfn >= first && gfn < first + this.#pages[large]! ? large : -1
  }

  fill(first: Gfn, pages: number, block: number, pte: number, epoch: number, hostPte: HostPte): number {
    const at = (pages === 1 ? first : block) & this.#mask
    this.#firsts[at] = first
    this.#pages[at] = pages
    this.#ptes[at] = pte
    this.#epochs[at] = epoch
    this.#hostPtes[at] = hostPte
    return at
  }

  drop(at: number): void {
    this.#pages[at] = 0
  }

  first(at: number): Gfn {
    return this.#firsts[at]! as Gfn
  }

  pages(at: number): number {
    return this.#pages[at]!
  }

  pte(at: number): number {
    return this.#ptes[at]!
  }

  epoch(at: number): number {
    return this.#epochs[at]!
  }

  hostPte(at: number): HostPte {
    return this.#hostPtes[at]!
  }
}

/** A vCPU of a VM with a stage-2 table, and what its CPU caches for it. */
export class Stage2Vcpu {
  readonly tlb: Stage2Tlb
  /** How many invalidations of all I-caches its own had seen when it was last filled. */
  icacheEpoch = 0

  constructor(tlbEntries: number) {
    this.tlb = new Stage2Tlb(tlbEntries)
  }
}
