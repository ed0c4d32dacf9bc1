import type { Gfn } from '../shared-memory/addresses.ts'
import { R, W, X } from '../shared-memory/page-tables/spte.ts'

/** A vCPU's TLB: direct-mapped, in memory that is not shared. Only a flush, or another translation, empties an entry. */
export class Tlb {
  readonly #mask: number
  readonly #gfns: Int32Array
  readonly #access: Int32Array
  readonly #epochs: Int32Array
  readonly #hostPages: Int32Array
  /** The entry of the primary MMU behind each translation when it was filled: for the oracle. */
  readonly #hostPtes: Int32Array
  #epoch = 1
  /** Nothing was filled since the last flush. */
  #isEmpty = true

  constructor(entries: number) {
    this.#mask = entries - 1
    this.#gfns = new Int32Array(entries)
    this.#access = new Int32Array(entries)
    this.#epochs = new Int32Array(entries)
    this.#hostPages = new Int32Array(entries)
    this.#hostPtes = new Int32Array(entries)
  }

  /** Whether there is a translation that allows one of these accesses: R, W, X. */
  holds(gfn: Gfn, access: number = R | W | X): boolean {
    const at = gfn & this.#mask
    return this.#gfns[at] === gfn && this.#epochs[at] === this.#epoch && (this.#access[at]! & access) !== 0
  }

  fill(gfn: Gfn, hostPage: number, access: number): void {
    const at = gfn & this.#mask
    this.#gfns[at] = gfn
    this.#access[at] = access
    this.#epochs[at] = this.#epoch
    this.#hostPages[at] = hostPage
    this.#isEmpty = false
  }

  /** An empty one stays as it is, so that nothing tells how often it was flushed. */
  flush(): void {
    if (this.#isEmpty) return
    this.#isEmpty = true
    this.#epoch += 1
  }

  /** The translations of [start, end), and no others. */
  flushRange(start: Gfn, end: Gfn): void {
    for (const at of this.#gfns.keys()) {
      const gfn = this.#gfns[at]!
      if (gfn >= start && gfn < end) this.#epochs[at] = 0
    }
  }

  hostPage(gfn: Gfn): number {
    return this.#hostPages[gfn & this.#mask]!
  }

  hostPte(gfn: Gfn): number {
    return this.#hostPtes[gfn & this.#mask]!
  }

  rememberHostPte(gfn: Gfn, pte: number): void {
    this.#hostPtes[gfn & this.#mask] = pte
  }
}
