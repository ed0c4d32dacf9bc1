import type { Gfn } from '../addresses.ts'
import { type Cpu, type Word, wordAt } from '../cpu.ts'
import type { Place } from '../place.ts'
import type { Steps } from '../steps.ts'
import { GRANULES, type Granule, INVALID_PTE, isLeaf, isTable, tableOf } from './stage2-pte.ts'

/**
 * A stage-2 page table, down from the level of blocks: one entry a block, which is a leaf or leads to a table of pages.
 *
 *   blocks    one word a block of guest memory             written by CAS under mmuLock for read, or under it for write
 *   next      the first table that is not taken yet        own line, written by the CPU that tops up a cache
 *   entries   one word a page, for tables in use           as blocks
 *
 * Tables stay linked when their pages are unmapped: the kernel would free an empty one after a grace period.
 */
export class Stage2Tables {
  /** Guest pages from the first gfn of the table on. */
  readonly baseGfn: number
  readonly blocks: number
  /** Pages in a block. */
  readonly entries: number
  readonly next: Word
  readonly #blocks: Word
  readonly #entries: Word
  readonly #capacity: number
  /** Each CPU's `kvm_mmu_memory_cache`: one table, taken before mmu_lock. */
  readonly #caches: readonly number[][]

  constructor(place: Place, granule: Granule, range: { readonly start: number; readonly end: number }, cpus: number) {
    const { entries } = GRANULES[granule]
    this.entries = entries
    this.baseGfn = Math.floor(range.start / entries) * entries
    this.blocks = Math.ceil((range.end - this.baseGfn) / entries)
    this.#capacity = this.blocks + cpus
    this.#blocks = place.table('blocks', this.blocks, 'owner of mmuLock, or CAS by its readers')
    this.next = place.line('next', 'the CPU that tops up a cache')
    this.#entries = place.table('entries', this.#capacity * entries, 'owner of mmuLock, or CAS by its readers')
    this.#caches = Array.from({ length: cpus }, () => [])
  }

  blockOf(gfn: Gfn): number {
    return Math.floor((gfn - this.baseGfn) / this.entries)
  }

  firstGfnOf(block: number): Gfn {
    return (this.baseGfn + block * this.entries) as Gfn
  }

  blockEntry(gfn: Gfn): Word {
    return wordAt(this.#blocks, this.blockOf(gfn))
  }

  pageEntry(table: number, gfn: Gfn): Word {
    return wordAt(this.#entries, table * this.entries + ((gfn - this.baseGfn) % this.entries))
  }

  /** `kvm_mmu_topup_memory_cache()`. */
  *topup(cpu: Cpu): Steps<void> {
    const cache = this.#caches[cpu.id]!
    if (cache.length > 0) return
    const table = yield* cpu.add(this.next, 1)
    if (table >= this.#capacity) throw new RangeError(`all ${this.#capacity} stage-2 tables are in use`)
    cache.push(table)
  }

  /** A zeroed table out of the CPU's cache; topup() saw to it that there is one. */
  take(cpu: Cpu): number {
    const table = this.#caches[cpu.id]!.pop()
    if (table === undefined) throw new RangeError('a stage-2 table was taken from a cache that was not topped up')
    return table
  }

  /** A table that was not linked after all. */
  putBack(cpu: Cpu, table: number): void {
    this.#caches[cpu.id]!.push(table)
  }

  /** The leaf for `gfn`, or INVALID_PTE: what a hardware walker sees. Costs no step; for oracles. */
  peekLeaf(cpu: Cpu, gfn: Gfn): number {
    const block = cpu.peek(this.blockEntry(gfn))
    const pte = isTable(block) ? cpu.peek(this.pageEntry(tableOf(block), gfn)) : block
    return isLeaf(pte) ? pte : INVALID_PTE
  }
}
