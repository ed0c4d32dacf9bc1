import type { Gfn } from '../addresses.ts'
import { type Cpu, type Word, wordAt } from '../cpu.ts'
import { FreeList } from '../free-list.ts'
import type { Place } from '../place.ts'
import { NO_OBJECT } from '../rcu.ts'
import type { Steps } from '../steps.ts'
import { GRANULES, type Granule, INVALID_PTE, isLeaf, isTable, tableOf } from './stage2-pte.ts'

/** Words between the counts of two tables: each `struct page` has its own line. */
const FAR = 16

/**
 * A stage-2 page table, down from the level of blocks: one entry a block, which is a leaf or leads to a table of pages.
 *
 *   blocks    one word a block of guest memory             written by CAS under mmuLock for read, or under it for write
 *   next      the first table that is not taken yet        own line, written by the CPU that tops up a cache
 *   freed     tables that were unlinked, and are used again    see FreeList
 *   counts    by table: entries that are not 0                 by CPUs that hold mmuLock on either side
 *   entries   one word a page, for tables in use           as blocks
 */
export class Stage2Tables {
  /** Guest pages from the first gfn of the table on. */
  readonly baseGfn: number
  readonly blocks: number
  /** Pages in a block. */
  readonly entries: number
  readonly next: Word
  readonly freed: FreeList
  readonly #blocks: Word
  readonly #counts: Word
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
    this.freed = new FreeList(place.within('freed'), this.#capacity + 1)
    this.#counts = place.table('counts', this.#capacity * FAR, 'any CPU that holds mmuLock')
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

  /**
   * The number of entries in use in a table of pages: `page_count()` without the reference of the entry that points to the
   * table. 0 for a table that no entry points to.
   */
  count(table: number): Word {
    return wordAt(this.#counts, table * FAR)
  }

  /** `kvm_mmu_topup_memory_cache()`. */
  *topup(cpu: Cpu): Steps<void> {
    const cache = this.#caches[cpu.id]!
    if (cache.length > 0) return
    const freed = yield* this.#reuse(cpu)
    if (freed !== NO_OBJECT) {
      cache.push(freed - 1)
      return
    }
    const table = yield* cpu.add(this.next, 1)
    if (table >= this.#capacity) throw new RangeError(`all ${this.#capacity} stage-2 tables are in use`)
    cache.push(table)
  }

  /** The object on the free list that is a table, its number and 1, or NO_OBJECT. */
  *#reuse(cpu: Cpu): Steps<number> {
    const head = yield* cpu.load(this.freed.head)
    if (head === NO_OBJECT) return NO_OBJECT
    yield* this.freed.lock.acquire(cpu)
    const object = yield* this.freed.pop(cpu)
    yield* this.freed.lock.release(cpu)
    return object
  }

  /** A zeroed table out of the CPU's cache; topup() saw to it that there is one. */
  take(cpu: Cpu): number {
    const table = this.#caches[cpu.id]!.pop()
    if (table === undefined) throw new RangeError('a stage-2 table was taken from a cache that was not refilled')
    return table
  }

  /** `put_page()` of a table that no entry leads to any more, and no TLB. All of its entries are 0. */
  *free(cpu: Cpu, table: number): Steps<void> {
    yield* this.freed.push(cpu, table + 1)
  }

  /** The leaf for `gfn`, or INVALID_PTE, as a hardware walker sees it. Takes no step; for oracles. */
  peekLeaf(cpu: Cpu, gfn: Gfn): number {
    const block = cpu.peek(this.blockEntry(gfn))
    const pte = isTable(block) ? cpu.peek(this.pageEntry(tableOf(block), gfn)) : block
    return isLeaf(pte) ? pte : INVALID_PTE
  }
}
