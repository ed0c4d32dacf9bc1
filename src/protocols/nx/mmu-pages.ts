import type { Gfn } from '../../shared-memory/addresses.ts'
import { type Cpu, type Word, wordAt } from '../../shared-memory/cpu.ts'
import type { Place } from '../../shared-memory/place.ts'
import type { Steps } from '../../shared-memory/steps.ts'

/** No page: table 0 is the root of the shadow MMU, which is on no list and is never freed. */
export const NO_PAGE = 0
/** `list_empty()` of a page's own link: it is on no list. */
export const UNLISTED = -1

/** The MMU that a page-table page belongs to; there is a list of possible NX huge pages for each. */
export const TDP = 0
export const SHADOW = 1
export type Mmu = typeof TDP | typeof SHADOW
export const MMUS: readonly Mmu[] = [TDP, SHADOW]

/** One line of 64 bytes a page. */
const FIELDS = 16
const DISALLOWED = 0
const MMU = 1
const GFN = 2
const LEVEL = 3
const PTEP = 4
const PREVIOUS = 5
const NEXT = 6
const GENERATION = 8
const UNFLUSHED = 9
const LISTED = 10
const STATE = 11

/** The state of a table, for oracles: in the cache of a CPU or never used, linked into page tables, or freed. */
export const UNUSED = 0
export const LINKED = 1
export const FREE = 2

/**
 * `struct kvm_mmu_page`, one for each page table, by the table's number:
 *
 *   disallowed       nx_huge_page_disallowed: it exists because the guest executes     mmu_lock for write, or tdpMmuPagesLock
 *   mmu gfn level    what it maps                                                      written before it is linked
 *   ptep             the entry that points to it                                       written before it is linked
 *   previous next    in the list of possible NX huge pages                             as that list
 *
 *   generation       times that it was handed to free                                  for oracles, like the next three
 *   unflushed        unlinked, and the TLBs not flushed since
 *   listed           on a list
 *   state            UNUSED, LINKED or FREE
 */
export class MmuPages {
  /** Whether oracles are on. */
  readonly isWatched: boolean
  readonly #fields: Word

  constructor(place: Place, capacity: number, isWatched: boolean) {
    this.isWatched = isWatched
    this.#fields = place.table('mmuPages', capacity * FIELDS, 'the CPU that links the page, or holds tdpMmuPagesLock')
  }

  disallowed(table: number): Word {
    return wordAt(this.#fields, table * FIELDS + DISALLOWED)
  }

  mmu(table: number): Word {
    return wordAt(this.#fields, table * FIELDS + MMU)
  }

  gfn(table: number): Word {
    return wordAt(this.#fields, table * FIELDS + GFN)
  }

  level(table: number): Word {
    return wordAt(this.#fields, table * FIELDS + LEVEL)
  }

  ptep(table: number): Word {
    return wordAt(this.#fields, table * FIELDS + PTEP)
  }

  previous(table: number): Word {
    return wordAt(this.#fields, table * FIELDS + PREVIOUS)
  }

  next(table: number): Word {
    return wordAt(this.#fields, table * FIELDS + NEXT)
  }

  generation(table: number): Word {
    return wordAt(this.#fields, table * FIELDS + GENERATION)
  }

  unflushed(table: number): Word {
    return wordAt(this.#fields, table * FIELDS + UNFLUSHED)
  }

  listed(table: number): Word {
    return wordAt(this.#fields, table * FIELDS + LISTED)
  }

  state(table: number): Word {
    return wordAt(this.#fields, table * FIELDS + STATE)
  }

  /** `tdp_mmu_init_child_sp()`, of a page that no other CPU sees yet. */
  *begin(cpu: Cpu, table: number, mmu: Mmu, gfn: Gfn, level: number, ptep: Word): Steps<void> {
    yield* cpu.write(this.disallowed(table), 0)
    yield* cpu.write(this.mmu(table), mmu)
    yield* cpu.write(this.gfn(table), gfn)
    yield* cpu.write(this.level(table), level)
    yield* cpu.write(this.ptep(table), ptep)
    yield* cpu.write(this.next(table), UNLISTED)
  }
}
