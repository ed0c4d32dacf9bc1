/** `kvm_mmu_memory_cache`: a few zeroed page tables of one CPU. No other CPU sees it. */
export class TableCache {
  count = 0
  /** Those in use are followed by zeros. */
  readonly #tables: Int32Array

  constructor(capacity: number) {
    this.#tables = new Int32Array(capacity)
  }

  push(table: number): void {
    this.#tables[this.count] = table
    this.count += 1
  }

  /** The table that was pushed last; there must be one. */
  pop(): number {
    this.count -= 1
    const table = this.#tables[this.count]!
    this.#tables[this.count] = 0
    return table
  }

  /** To the other end: it is popped after all others. */
  unshift(table: number): void {
    for (let at = this.count; at > 0; at -= 1) this.#tables[at] = this.#tables[at - 1]!
    this.#tables[0] = table
    this.count += 1
  }

  clear(): void {
    this.#tables.fill(0)
    this.count = 0
  }
}
