import type { Gfn } from '../../shared-memory/addresses.ts'
import { LEVEL_2M, pagesPerLevel } from '../../shared-memory/page-tables/spte.ts'
import { NO_PAGE } from './mmu-pages.ts'

const ENTRIES = 32
const BLOCK = pagesPerLevel(LEVEL_2M)

/**
 * A vCPU's paging-structure cache: which table of the last level maps a block of 2 MiB, so that a walk need not begin at the
 * root. What makes a page table that is freed too early a danger. In memory that is not shared, like the TLB; only a flush, a
 * fault on the block, or another block empties an entry.
 */
export class PagingStructureCache {
  readonly #blocks = new Int32Array(ENTRIES)
  readonly #epochs = new Int32Array(ENTRIES)
  readonly #tables = new Int32Array(ENTRIES)
  /** How often each table had been freed when it was cached: for the oracle. */
  readonly #generations = new Int32Array(ENTRIES)
  #epoch = 1
  /** Nothing was filled since the last flush. */
  #isEmpty = true

  /** The table in which a walk for the gfn may begin, or NO_PAGE. */
  tableFor(gfn: Gfn): number {
    const block = Math.floor(gfn / BLOCK)
    const at = block % ENTRIES
    return this.#blocks[at] === block && this.#epochs[at] === this.#epoch ? this.#tables[at]! : NO_PAGE
  }

  generationFor(gfn: Gfn): number {
    return this.#generations[Math.floor(gfn / BLOCK) % ENTRIES]!
  }

  fill(gfn: Gfn, table: number, generation: number): void {
    const block = Math.floor(gfn / BLOCK)
    const at = block % ENTRIES
    this.#blocks[at] = block
    this.#epochs[at] = this.#epoch
    this.#tables[at] = table
    this.#generations[at] = generation
    this.#isEmpty = false
  }

  /** After an EPT violation the hardware drops the cached entries of the gfn. */
  forget(gfn: Gfn): void {
    this.#epochs[Math.floor(gfn / BLOCK) % ENTRIES] = 0
  }

  /** An empty one stays as it is, so that nothing tells how often it was flushed. */
  flush(): void {
    if (this.#isEmpty) return
    this.#isEmpty = true
    this.#epoch += 1
  }
}
