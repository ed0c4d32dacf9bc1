import type { Pfn } from '../shared-memory/addresses.ts'
import { type Cpu, RMB, type Word, wordAt } from '../shared-memory/cpu.ts'
import { LEVEL_1G, LEVEL_2M, LEVEL_4K, MAX_PFNS, pagesPerLevel } from '../shared-memory/page-tables/spte.ts'
import type { Place } from '../shared-memory/place.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { WORK_KIND } from './costs.ts'

/**
 * An entry of the primary MMU's page table:
 *
 *   generation (31..2) | frame (1) | present (0)
 *
 * A page of the host has two frames, so that it can move from one to the other and back: pfn = 2 * page + frame. Whatever
 * happens to the entry makes a new generation: an old copy of it, wherever it is kept, can be told from the present one.
 */
const PRESENT = 1
const FRAME = 2
const GENERATION = 4

const HUGE_PAGES = pagesPerLevel(LEVEL_2M)

export type HostPte = number

export type HostConfig = {
  /** Whether the block of `hugePages` pages with that number is one huge page. */
  readonly isHuge: (block: number) => boolean
  readonly hugePages?: number | undefined
  /** VM_PFNMAP: references to its pages are not counted. */
  readonly isPfnmap?: boolean | undefined
}

export const isPresent = (pte: HostPte): boolean => (pte & PRESENT) !== 0
export const pfnOfPte = (hostPage: number, pte: HostPte): Pfn => (hostPage * 2 + ((pte & FRAME) >> 1)) as Pfn
/** The pfn of the page that lies `pages` after the one of `pfn`, in the same huge page. */
export const pfnAdd = (pfn: Pfn, pages: number): Pfn => (pfn + pages * 2) as Pfn
export const hostPageOfPfn = (pfn: Pfn): number => pfn >> 1

/** Pages moved elsewhere: the old frame is given back. */
const migrated = (pte: HostPte): HostPte => (pte ^ FRAME) + GENERATION
const populated = (pte: HostPte): HostPte => (pte | PRESENT) + GENERATION

/**
 * The primary MMU: the page table and the pages of the process that KVM's memslots point into.
 *
 *   pte[page]   see above                                      written by CAS: faults populate, invalidations change
 *   refs[pfn]   references taken by pfn fault-ins              written by the CPU that takes or drops one
 */
export class HostMm {
  readonly pages: number
  readonly #ptes: Word
  readonly #refs: Word
  /** By block: 1 if it is one huge page. Asked for at each access, so it is worked out once. */
  readonly #huge: Int32Array
  readonly #hasHuge: boolean
  readonly #hugePages: number
  readonly #isPfnmap: boolean

  constructor(place: Place, pages: number, { isHuge, hugePages, isPfnmap }: HostConfig) {
    if (pages * 2 > MAX_PFNS) {
      throw new RangeError(`${pages} pages of guest memory are more than the ${MAX_PFNS / 2} that can be modelled`)
    }
    this.pages = pages
    this.#hugePages = hugePages ?? HUGE_PAGES
    const blocks = Math.ceil(pages / this.#hugePages)
    this.#huge = Int32Array.from({ length: blocks }, (_, block) => (isHuge(block) ? 1 : 0))
    this.#hasHuge = this.#huge.includes(1)
    this.#isPfnmap = isPfnmap ?? false
    this.#ptes = place.table('pte', pages, 'faults that populate, invalidations')
    this.#refs = place.table('refs', pages * 2, 'the CPU that faults the pfn in')
  }

  /** Marks every page as present, in memory that no other CPU sees yet: the VMM has allocated the pages beforehand. */
  populate(words: Int32Array): void {
    words.fill(PRESENT, this.#ptes, this.#ptes + this.pages)
  }

  isHuge(hostPage: number): boolean {
    return this.#hasHuge && this.#huge[Math.floor(hostPage / this.#hugePages)] === 1
  }

  /** The number of pages that the entry of `hostPage` covers. */
  coveredBy(hostPage: number): number {
    return this.isHuge(hostPage) ? this.#hugePages : 1
  }

  /** `host_pfn_mapping_level()`: how large the mapping behind a page is. */
  mappingLevel(hostPage: number): number {
    if (!this.isHuge(hostPage)) return LEVEL_4K
    return this.#hugePages === pagesPerLevel(LEVEL_1G) ? LEVEL_1G : LEVEL_2M
  }

  /** The page whose entry speaks for `hostPage`: itself, or the first of its huge page. */
  head(hostPage: number): number {
    return this.isHuge(hostPage) ? hostPage - (hostPage % this.#hugePages) : hostPage
  }

  /**
   * Faults a page in and takes a reference (`hva_to_pfn()`): the fast path of get_user_pages if it is present, else it is
   * allocated and cleared. Returns the entry that the reference was taken by.
   */
  *faultin(cpu: Cpu, hostPage: number): Steps<HostPte> {
    if (this.#isPfnmap) return yield* this.#follow(cpu, hostPage)
    const word = this.#pte(hostPage)
    for (;;) {
      let pte = yield* cpu.load(word)
      if (isPresent(pte)) {
        yield* cpu.work(WORK_KIND.faultin_pfn, 1)
      } else {
        yield* cpu.work(WORK_KIND.faultin_fresh, this.isHuge(hostPage) ? HUGE_CLEAR : 1)
        const was = yield* cpu.cas(word, pte, populated(pte))
        if (was !== pte) continue
        pte = populated(pte)
      }
      yield* cpu.add(this.#ref(pfnOfPte(hostPage, pte)), 1)
      // As in gup_fast: the reference is valid only if the page was still mapped when it was taken.
      const now = yield* cpu.load(word)
      if (now === pte) return pte
      yield* this.release(cpu, pfnOfPte(hostPage, pte))
    }
  }

  /** `kvm_release_page_clean()`. */
  *release(cpu: Cpu, pfn: Pfn): Steps<void> {
    if (!this.#isPfnmap) yield* cpu.sub(this.#ref(pfn), 1)
  }

  /**
   * The action of the task that raised the notifier, between start and end, on `pages` pages from `first`: moves the
   * present ones to their other frame and frees the old one.
   */
  *migrate(cpu: Cpu, first: number, pages: number): Steps<void> {
    for (let page = this.head(first); page < first + pages; ) {
      yield* this.move(cpu, page)
      page += this.coveredBy(page)
    }
  }

  /** The same to one page. Returns an entry of which every older one is taken back; those of other tasks are theirs to say. */
  *move(cpu: Cpu, page: number): Steps<HostPte> {
    const word = this.#pte(page)
    const pte = yield* cpu.load(word)
    if (!isPresent(pte)) return pte
    yield* cpu.work(WORK_KIND.change_pte, 1)
    const was = yield* cpu.cas(word, pte, migrated(pte))
    return was === pte ? migrated(pte) : pte
  }

  /** Populates a page of memory that no other CPU sees yet, and takes a reference that is never dropped. */
  pin(words: Int32Array, hostPage: number): void {
    const pte = populated(words[this.#pte(hostPage)]!)
    words[this.#pte(hostPage)] = pte
    words[this.#ref(pfnOfPte(hostPage, pte))]! += 1
  }

  /** Whether any reference to the page is held. The reference of a mapping does not count here. */
  *isReferenced(cpu: Cpu, hostPage: number): Steps<boolean> {
    const pte = yield* cpu.load(this.#pte(hostPage))
    const refs = yield* cpu.load(this.#ref(pfnOfPte(hostPage, pte)))
    return refs !== 0
  }

  /** The entry as it is at this moment, for oracles. */
  peekPte(cpu: Cpu, hostPage: number): HostPte {
    return cpu.peek(this.#pte(hostPage))
  }

  /** The number of references that were never dropped, after the run. */
  leakedReferences(words: Int32Array): number {
    return words.subarray(this.#refs, this.#refs + this.pages * 2).reduce((sum, refs) => sum + refs, 0)
  }

  /** `follow_pfnmap_start()`. A caller that looks at the entry holds the lock of its table, which orders what follows. */
  *#follow(cpu: Cpu, hostPage: number): Steps<HostPte> {
    const pte = yield* cpu.load(this.#pte(hostPage))
    yield* cpu.barrier(RMB)
    return pte
  }

  #pte(hostPage: number): Word {
    return wordAt(this.#ptes, this.head(hostPage))
  }

  #ref(pfn: Pfn): Word {
    return wordAt(this.#refs, pfn)
  }
}

/** Clearing 2 MiB in units of a fresh 4 KiB page: 177 us, measured as a demand fault of 64 GB on Milan. */
const HUGE_CLEAR = 62
