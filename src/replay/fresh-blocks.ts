const BLOCK_PAGES = 512

/**
 * The first fault in a block of 2 MiB since all page tables went builds one: under shadow paging the guest's own table is protected
 * from writes for it, and a flush waited for, while mmu_lock is held. Before the first zap nothing is known of tables.
 */
export class FreshBlocks {
  #built: Set<number> | undefined

  zapped(): void {
    if (this.#built === undefined) this.#built = new Set()
    else this.#built.clear()
  }

  /** Whether a fault on the gfn builds a table; the next one in its block does not. */
  isFirst(gfn: number): boolean {
    const block = Math.floor(gfn / BLOCK_PAGES)
    if (this.#built === undefined || this.#built.has(block)) return false
    this.#built.add(block)
    return true
  }
}
