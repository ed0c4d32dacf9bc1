import type { Gfn } from '../../shared-memory/addresses.ts'
import { type Cpu, type Word, wordAt } from '../../shared-memory/cpu.ts'
import { LEVEL_2M, pagesPerLevel } from '../../shared-memory/page-tables/spte.ts'
import type { Place } from '../../shared-memory/place.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import type { MemslotConfig } from '../memslots/memslot.ts'

/** KVM_MEMORY_ATTRIBUTE_PRIVATE; memory without it is shared. */
export const ATTRIBUTE_PRIVATE = 1
export const ATTRIBUTE_SHARED = 0

const BLOCK = pagesPerLevel(LEVEL_2M)

/** After the pages that are mapped by hvas: guest_memfd has those of private memory, and no huge ones (v6.8 to v7.1). */
export const firstGmemPage = (hostPages: number): number => Math.ceil(hostPages / BLOCK) * BLOCK

/**
 * `kvm->mem_attr_array`, and what `kvm_lpage_info` keeps of it, of one memslot with a guest_memfd.
 *
 *   attr[gfn]     ATTRIBUTE_PRIVATE or ATTRIBUTE_SHARED                        owner of slotsLock
 *   mixed[block]  KVM_LPAGE_MIXED_FLAG: no huge page here   owner of mmuLock for write
 */
export class MemAttributes {
  readonly baseGfn: Gfn
  readonly pages: number
  /** Gfns of a block that the guest ever touches, from the first on: no step looks at the attributes of the rest. */
  readonly touched: number
  readonly #attr: Word
  readonly #mixed: Word
  readonly #gmem: number

  constructor(place: Place, { baseGfn, pages }: MemslotConfig, hostPages: number, touched: number) {
    this.baseGfn = baseGfn as Gfn
    this.pages = pages
    this.touched = touched
    this.#attr = place.table('attr', pages, 'owner of slotsLock')
    this.#mixed = place.table('mixed', Math.ceil(pages / BLOCK), 'owner of mmuLock for write')
    this.#gmem = firstGmemPage(hostPages)
  }

  covers(gfn: Gfn): boolean {
    return gfn >= this.baseGfn && gfn < this.baseGfn + this.pages
  }

  /** `xa_store()`, `xa_load()`. */
  attr(gfn: Gfn): Word {
    return wordAt(this.#attr, gfn - this.baseGfn)
  }

  mixed(gfn: Gfn): Word {
    return wordAt(this.#mixed, Math.floor((gfn - this.baseGfn) / BLOCK))
  }

  /** `kvm_mem_is_private()`. */
  *isPrivate(cpu: Cpu, gfn: Gfn): Steps<boolean> {
    if (!this.covers(gfn)) return false
    const attr = yield* cpu.load(this.attr(gfn))
    return attr === ATTRIBUTE_PRIVATE
  }

  /** The page of guest_memfd behind a private gfn, numbered as those of the host. */
  gmemPage(gfn: Gfn): number {
    return this.#gmem + (gfn - this.baseGfn)
  }

  /** Whether the page belongs to guest_memfd. */
  isGmemPage(hostPage: number): boolean {
    return hostPage >= this.#gmem
  }

  /** For oracles: whether the gfn may be used through that page. */
  peekMatches(cpu: Cpu, gfn: Gfn, hostPage: number): boolean {
    if (!this.covers(gfn)) return true
    return (cpu.peek(this.attr(gfn)) === ATTRIBUTE_PRIVATE) === this.isGmemPage(hostPage)
  }
}
