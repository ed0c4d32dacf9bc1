import type { Gfn } from '../addresses.ts'
import { type Cpu, type Word, wordAt } from '../cpu.ts'
import type { Place } from '../place.ts'
import type { Steps } from '../steps.ts'
import { childOf, ENTRIES, isLast, isShadowPresent, LEVEL_4K, NONPRESENT, ROOT_LEVEL, spteIndex } from './spte.ts'
import { TableCache } from './table-cache.ts'

/** A page-fault handler may need one table for each level below the root: `KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE`. */
const CACHE = ROOT_LEVEL - 1

/** The source of page tables that are freed and reused. */
export interface TableSource {
  /** Adds `missing` zeroed tables to a CPU's cache. May wait for memory. */
  refill(cpu: Cpu, cache: TableCache, missing: number): Steps<void>
}

/**
 * The pages of which page tables are made: a pool of tables of 512 entries in shared memory, zeroed. Table 0 is the root.
 *
 *   next      the first table that is not taken yet       own line, written by the CPU that tops up a cache
 *   entries   512 words a table                           written as the protocol says
 *
 * A line of 64 bytes holds 16 of our entries and 8 of the kernel's.
 */
export class PageTables {
  readonly root = 0
  readonly capacity: number
  readonly next: Word
  readonly #entries: Word
  /** Each CPU's `kvm_mmu_memory_cache`: filled before mmu_lock, so that nothing is allocated under it. */
  readonly #caches: readonly TableCache[]
  #source: TableSource | undefined

  constructor(place: Place, capacity: number, cpus: number) {
    this.capacity = capacity
    this.next = place.line('next', 'the CPU that tops up a cache')
    this.#entries = place.table('entries', capacity * ENTRIES, 'owner of mmuLock, or CAS by its readers')
    this.#caches = Array.from({ length: cpus }, () => new TableCache(CACHE))
  }

  /** The entry of `table` that translates `gfn` at `level`: `sptep`. */
  sptep(table: number, gfn: Gfn, level: number): Word {
    return wordAt(this.#entries, table * ENTRIES + spteIndex(gfn, level))
  }

  /** `mmu_topup_memory_caches()`. */
  *topup(cpu: Cpu): Steps<void> {
    const cache = this.#caches[cpu.id]!
    if (cache.count >= CACHE) return
    const missing = CACHE - cache.count
    if (this.#source !== undefined) return yield* this.#source.refill(cpu, cache, missing)
    const first = yield* cpu.add(this.next, missing)
    if (first + missing >= this.capacity) throw new RangeError(`all ${this.capacity} page tables are in use`)
    for (let table = first + 1; table <= first + missing; table += 1) cache.push(table)
  }

  /** From now on tables that were freed are used again. */
  recycleFrom(source: TableSource): void {
    this.#source = source
  }

  /** A zeroed table out of the CPU's cache; topup() saw to it that there is one. */
  take(cpu: Cpu): number {
    return this.#caches[cpu.id]!.pop()
  }

  /** Whether take() would find none: checked by a walk that needs more tables than a fault does. */
  isEmptyFor(cpu: Cpu): boolean {
    return this.#caches[cpu.id]!.count === 0
  }

  /** A table that was not linked after all. */
  putBack(cpu: Cpu, table: number): void {
    this.#caches[cpu.id]!.push(table)
  }

  /** Forgets the tables that the CPUs had taken: for a machine that runs the same memory again from the start. */
  reset(): void {
    for (const cache of this.#caches) cache.clear()
  }

  /** The entries of a table, from the first on. */
  entriesOf(table: number): Word {
    return wordAt(this.#entries, table * ENTRIES)
  }

  /** The leaf entry for `gfn`, or NONPRESENT if there is none, as a hardware walker sees it. Takes no step; for oracles. */
  peekLeaf(cpu: Cpu, gfn: Gfn, root: number = this.root): number {
    let table = root
    for (let level = ROOT_LEVEL; level >= LEVEL_4K; level -= 1) {
      const spte = cpu.peek(this.sptep(table, gfn, level))
      if (!isShadowPresent(spte)) return NONPRESENT
      if (isLast(spte, level)) return spte
      table = childOf(spte)
    }
    return NONPRESENT
  }
}

/** The most tables needed to map these ranges of gfns down to 4 KiB, root included. */
export function tablesFor(ranges: readonly { readonly baseGfn: number; readonly pages: number }[]): number {
  let tables = 1
  for (let level = LEVEL_4K; level < ROOT_LEVEL; level += 1) {
    const span = ENTRIES ** level
    const used = new Set<number>()
    for (const { baseGfn, pages } of ranges) {
      for (let at = Math.floor(baseGfn / span); at <= Math.floor((baseGfn + pages - 1) / span); at += 1) used.add(at)
    }
    tables += used.size
  }
  return tables
}
