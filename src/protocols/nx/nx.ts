import type { Gfn } from '../../shared-memory/addresses.ts'
import { type Cpu, type Word, wordAt } from '../../shared-memory/cpu.ts'
import { FreeList } from '../../shared-memory/free-list.ts'
import type { Lock } from '../../shared-memory/locks/lock.ts'
import { QSpinLock, X86_PENDING_LOOPS } from '../../shared-memory/locks/qspinlock.ts'
import type { PageTables, TableSource } from '../../shared-memory/page-tables/page-tables.ts'
import { ENTRIES, LEVEL_4K, NONPRESENT } from '../../shared-memory/page-tables/spte.ts'
import type { TableCache } from '../../shared-memory/page-tables/table-cache.ts'
import type { Place } from '../../shared-memory/place.ts'
import { NO_OBJECT, Rcu } from '../../shared-memory/rcu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import type { NxConfig } from '../vm-config.ts'
import { LINKED, type Mmu, MmuPages, SHADOW, TDP } from './mmu-pages.ts'
import { assertFreed, assertTaken } from './page-oracles.ts'
import { PossibleNx } from './possible-nx.ts'
import { firstTableOf, Roots } from './roots.ts'

/** The private state of a CPU. */
class NxLocal {
  /** Page tables of the shadow MMU that were unlinked, and are freed with the next flush: `invalid_list`. */
  readonly invalid: number[] = []
  /** For oracles: page tables that this CPU unlinked since its last flush. */
  readonly unflushed: number[] = []
}

/** The number of tables that may wait for a grace period at the same time, as a multiple of those in use. */
const IN_LIMBO = 2

/**
 * What a VM needs so that page tables can be taken away: their bookkeeping, the lists of those that could be huge pages, and
 * RCU, after which a table is used again.
 *
 *   tdpMmuPagesLock   qspinlock; the list and the flags of the TDP MMU, under mmu_lock for read
 *   round             odd while the worker is at it     for reports only: a vCPU sorts its faults by it
 */
export class Nx implements TableSource {
  readonly config: NxConfig
  readonly cpus: number
  readonly capacity: number
  readonly pages: MmuPages
  /** By MMU; the same list for both where the variant has one. */
  readonly lists: readonly [tdp: PossibleNx, shadow: PossibleNx]
  readonly pagesLock: Lock
  readonly rcu: Rcu
  readonly freed: FreeList
  readonly roots: Roots
  readonly round: Word
  readonly local: readonly NxLocal[]
  readonly #reading: Word
  readonly #tables: PageTables

  constructor(
    place: Place,
    config: NxConfig,
    tables: PageTables,
    crew: Crew,
    hasOneList: boolean,
    watch: { lock(lock: Lock): Lock },
  ) {
    this.config = config
    this.cpus = crew.cpus
    this.capacity = tables.capacity
    this.#tables = tables
    this.pages = new MmuPages(place, tables.capacity, crew.oracles)
    const tdp = new PossibleNx(place.within('possibleNx.tdp'), this.pages)
    this.lists = [tdp, hasOneList ? tdp : new PossibleNx(place.within('possibleNx.shadow'), this.pages)]
    this.pagesLock = watch.lock(
      new QSpinLock(place.within('tdpMmuPagesLock'), crew.cpus, crew.pendingLoops ?? X86_PENDING_LOOPS),
    )
    this.rcu = new Rcu(place.within('rcu'), crew.cpus, tables.capacity)
    this.freed = new FreeList(place.within('freed'), tables.capacity)
    this.roots = new Roots(place, crew.cpus, crew.vcpus, config.roots)
    this.round = place.line('round', 'recovery worker')
    this.#reading = place.table('reading', crew.cpus * FAR, 'each CPU its own')
    this.local = Array.from({ length: crew.cpus }, () => new NxLocal())
    tables.recycleFrom(this)
  }

  /** The number of tables to place, if `tables` are enough for one root. */
  static capacity(config: NxConfig, tables: number): number {
    return tables * (config.roots + IN_LIMBO) + config.roots + 1
  }

  /** The root of the shadow MMU: the only table that is never freed, so its number can also mean none. */
  get nestedRoot(): number {
    return NO_OBJECT
  }

  initialise(words: Int32Array): void {
    words[this.#tables.next] = this.config.roots
    this.roots.initialise(words, this.config.keepsRoots)
    if (!this.pages.isWatched) return
    for (let root = 0; root < this.roots.roles; root += 1) {
      if (words[this.roots.table(root)] !== 0) words[this.pages.state(firstTableOf(root))] = LINKED
    }
  }

  mmuOf(gfn: Gfn): Mmu {
    const { nestedGfn, nestedPages } = this.config
    return gfn >= nestedGfn && gfn < nestedGfn + nestedPages ? SHADOW : TDP
  }

  /** The table at which a walk for a gfn begins on this CPU. */
  rootFor(cpu: Cpu, gfn: Gfn): number {
    if (this.mmuOf(gfn) === SHADOW) return this.nestedRoot
    return cpu.id < this.roots.vcpus ? this.roots.hpa[cpu.id]! : this.roots.peekValid(cpu)
  }

  /** How often a table has been freed: for the oracle. */
  generationOf(cpu: Cpu, table: number): number {
    return cpu.peek(this.pages.generation(table))
  }

  /** For the oracle: the table, + 1, in which a walk of this CPU stands. */
  reading(cpu: number): Word {
    return wordAt(this.#reading, cpu * FAR)
  }

  /** The number of entries of a table that can be in use. */
  entriesAt(level: number): number {
    return level === LEVEL_4K ? this.config.entries : ENTRIES
  }

  /** Takes freed tables first, then unused ones. Waits if all are in use: another CPU is about to free some. */
  *refill(cpu: Cpu, cache: TableCache, missing: number): Steps<void> {
    for (let left = missing; left > 0; ) {
      yield* this.reclaim(cpu)
      const table = yield* this.#take(cpu)
      if (table === NO_OBJECT) {
        yield* cpu.pause()
        continue
      }
      // At the end that is used last: tables freed earlier are reused first.
      cache.unshift(table)
      left -= 1
    }
  }

  /** RCU's callbacks: frees every table whose grace period is over. */
  *reclaim(cpu: Cpu): Steps<void> {
    let table = yield* this.rcu.advance(cpu)
    while (table !== NO_OBJECT) {
      const next = yield* this.rcu.nextOf(cpu, table)
      yield* this.free(cpu, table)
      table = next
    }
  }

  /** `free_page()`: the next fault that needs a table may get it. */
  *free(cpu: Cpu, table: number): Steps<void> {
    assertFreed(cpu, this, table)
    yield* this.freed.push(cpu, table)
  }

  /** Every entry NONPRESENT again. No other CPU sees the table. */
  *clear(cpu: Cpu, table: number): Steps<void> {
    const first = this.#tables.entriesOf(table)
    const level = yield* cpu.read(this.pages.level(table))
    for (let entry = 0; entry < this.entriesAt(level); entry += 1) yield* cpu.write(wordAt(first, entry), NONPRESENT)
  }

  *#take(cpu: Cpu): Steps<number> {
    yield* this.freed.lock.acquire(cpu)
    const table = yield* this.freed.pop(cpu)
    yield* this.freed.lock.release(cpu)
    if (table === NO_OBJECT) return yield* this.#takeUnused(cpu)
    assertTaken(cpu, this, table)
    yield* this.clear(cpu, table)
    return table
  }

  /** Tables that never were in use are zeroed. */
  *#takeUnused(cpu: Cpu): Steps<number> {
    for (;;) {
      const last = yield* cpu.load(this.#tables.next)
      if (last + 1 >= this.capacity) return NO_OBJECT
      const was = yield* cpu.cas(this.#tables.next, last, last + 1)
      if (was === last) return last + 1
    }
  }
}

type Crew = {
  readonly cpus: number
  readonly vcpus: number
  readonly oracles: boolean
  readonly pendingLoops?: number
}

/** Words between those of different CPUs, so that marks for oracles do not bring CPUs together. */
const FAR = 32
