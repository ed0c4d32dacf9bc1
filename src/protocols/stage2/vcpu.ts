import type { Gfn } from '../../shared-memory/addresses.ts'
import type { HostPte } from '../host-mm.ts'

/**
 * The cached stage-2 translations of a vCPU's CPU, with their permissions: direct-mapped, in private memory. A block is
 * one translation. Each entry stores the number of broadcast TLBIs of its block at the time of the fill: it is valid
 * while that number is unchanged, because the hardware drops it with the next TLBI.
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

  /** The index of the translation of `gfn`, which is page `gfn` or its block; -1: none. */
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
  /** The number of invalidations of all I-caches when its own I-cache was last filled. */
  icacheEpoch = 0

  constructor(tlbEntries: number) {
    this.tlb = new Stage2Tlb(tlbEntries)
  }
}
