import type { Cpu, Word } from '../../shared-memory/cpu.ts'
import type { Place } from '../../shared-memory/place.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { type MmuPages, NO_PAGE, SHADOW, UNLISTED } from './mmu-pages.ts'
import { assertListed, assertUnlisted } from './page-oracles.ts'

/**
 * `kvm->arch.possible_nx_huge_pages[]`: page tables that exist only because the guest executed in what could be a huge page,
 * in the order in which they came.
 *
 *   first last       ends of the list      one line; mmu_lock for write, or tdpMmuPagesLock under mmu_lock for read
 *   nrTdp nrShadow   pages in it, by MMU   same line; read without a lock to size a round
 */
export class PossibleNx {
  readonly first: Word
  readonly last: Word
  readonly nrTdp: Word
  readonly nrShadow: Word
  readonly #pages: MmuPages

  constructor(place: Place, pages: MmuPages) {
    const words = place.together(
      ['first', 'last', 'nrTdp', 'nrShadow'],
      'owner of mmuLock for write, or of tdpMmuPagesLock',
    )
    this.first = words.first
    this.last = words.last
    this.nrTdp = words.nrTdp
    this.nrShadow = words.nrShadow
    this.#pages = pages
  }

  /** `track_possible_nx_huge_page()`: at the end. */
  *add(cpu: Cpu, page: number): Steps<void> {
    const own = yield* cpu.read(this.#pages.next(page))
    if (own !== UNLISTED) return
    assertUnlisted(cpu, this.#pages, page)
    const last = yield* cpu.read(this.last)
    yield* cpu.write(this.#pages.previous(page), last)
    yield* cpu.write(this.#pages.next(page), NO_PAGE)
    if (last === NO_PAGE) yield* cpu.write(this.first, page)
    else yield* cpu.write(this.#pages.next(last), page)
    yield* cpu.write(this.last, page)
    yield* this.#count(cpu, page, 1)
  }

  /** `untrack_possible_nx_huge_page()`. */
  *remove(cpu: Cpu, page: number): Steps<void> {
    const next = yield* cpu.read(this.#pages.next(page))
    if (next === UNLISTED) return
    assertListed(cpu, this.#pages, page)
    const previous = yield* cpu.read(this.#pages.previous(page))
    yield* cpu.write(this.#pages.next(page), UNLISTED)
    if (previous === NO_PAGE) yield* cpu.write(this.first, next)
    else yield* cpu.write(this.#pages.next(previous), next)
    if (next === NO_PAGE) yield* cpu.write(this.last, previous)
    else yield* cpu.write(this.#pages.previous(next), previous)
    yield* this.#count(cpu, page, -1)
  }

  /** The number of pages, in total and for each MMU, without a lock: an approximation. */
  *nr(cpu: Cpu): Steps<number> {
    const tdp = yield* cpu.load(this.nrTdp)
    const shadow = yield* cpu.load(this.nrShadow)
    return tdp + shadow
  }

  *#count(cpu: Cpu, page: number, by: number): Steps<void> {
    const mmu = yield* cpu.read(this.#pages.mmu(page))
    const word = mmu === SHADOW ? this.nrShadow : this.nrTdp
    const nr = yield* cpu.read(word)
    // WRITE_ONCE: the worker reads it without a lock. Pairs with nr().
    yield* cpu.store(word, nr + by)
  }
}
