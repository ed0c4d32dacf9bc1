import type { Gfn } from '../../shared-memory/addresses.ts'
import { type Cpu, type Word, wordAt } from '../../shared-memory/cpu.ts'
import type { Place } from '../../shared-memory/place.ts'
import { hostPageOf } from './host-ranges.ts'
import { LOG_DIRTY_PAGES, type Memslot, type MemslotConfig } from './memslot.ts'

/** The fields of a memslot in the table, by where they lie in it. */
export const MEMSLOT_FIELD = { baseGfn: 0, pages: 1, hva: 2, hostPage: 3, flags: 4, rmap: 5, id: 6 } as const
export const MEMSLOT_FIELDS = Object.keys(MEMSLOT_FIELD).length

/**
 * Where the memslots of a VM lie in memory.
 *
 *   active      0 or `capacity`: where the set that counts begins, which is kvm->memslots     own line, written by the updater
 *   count       how many there are                                                            own line for each set
 *   generation  how often they have changed; UPDATE_IN_PROGRESS                               same line as count
 *   slot[i]     baseGfn, pages, hva, hostPage, flags, rmap, id                                written before the set is published
 *
 * There are two sets of them, as in struct kvm: the active one, and the one in which the next is made. A Memslot says which
 * set it is of, as a pointer does. If nothing of them ever changes there is one set forever.
 *
 * `hostPage` is where the slot's memory lies in the host's (see `HostMm`): slots that share hvas share pages. `rmap` is where
 * its reverse map begins, in entries: there is one for each gfn.
 */
export class MemslotWords {
  readonly active: Word
  readonly #counts: readonly Word[]
  readonly #generations: readonly Word[]
  readonly #slots: Word
  readonly #config: readonly MemslotConfig[]
  /** The configuration of every slot that there may ever be. */
  readonly all: readonly MemslotConfig[]
  readonly #places: ReadonlyMap<number, number>
  protected readonly isFixed: boolean
  /** The constant fields of each memslot; only needed if they change. */
  readonly #shapes: readonly (readonly number[])[]

  /** `spare`: slots that are not there at first; left out, nothing of the slots ever changes. */
  constructor(place: Place, config: readonly MemslotConfig[], spare?: readonly MemslotConfig[]) {
    this.#config = config.toSorted((a, b) => a.baseGfn - b.baseGfn)
    this.all = [...this.#config, ...(spare ?? [])]
    this.#places = new Map(this.all.map(({ slot }, place) => [slot, place]))
    this.isFixed = spare === undefined
    this.#shapes = this.isFixed ? [] : this.all.map((slot) => this.fieldsOf(slot, 0, 0))
    const sets = this.isFixed ? [0] : [0, 1]
    this.active = place.line('active', 'memslot updater')
    const words = sets.map((set) => place.within(`set${set}`).together(['count', 'generation'], 'memslot updater'))
    this.#counts = words.map(({ count }) => count)
    this.#generations = words.map(({ generation }) => generation)
    this.#slots = place.table('slots', sets.length * this.all.length * MEMSLOT_FIELDS, 'memslot updater')
  }

  /** Writes the slots into memory that no other CPU sees yet. */
  initialise(words: Int32Array): void {
    words[this.#counts[0]!] = this.#config.length
    for (const [index, slot] of this.#config.entries())
      words.set(this.fieldsOf(slot, 0, slot.baseGfn), this.field(index, 0))
  }

  /** The page of the host behind a gfn of the slots that the VM begins with. */
  hostPageAtStart(gfn: Gfn): number | undefined {
    const slot = this.#config.find(({ baseGfn, pages }) => gfn >= baseGfn && gfn < baseGfn + pages)
    return slot && hostPageOf(this.all, slot) + gfn - slot.baseGfn
  }

  /** The slot of that number, of all that there may ever be. */
  configOf(id: number): MemslotConfig {
    return this.all[this.placeOf(id)]!
  }

  /** Its place among them. */
  placeOf(id: number): number {
    return this.#places.get(id) ?? -1
  }

  /** For oracles: how many there are now. */
  peekCount(cpu: Cpu): number {
    return cpu.peek(this.countOf(cpu.peek(this.active)))
  }

  /** For oracles: which of all the `nth` now is, and where it lies; undefined if anything else of it is not as it was set. */
  peekBase(cpu: Cpu, nth: number): { readonly place: number; readonly baseGfn: number } | undefined {
    const at = cpu.peek(this.active) + nth
    const place = this.placeOf(cpu.peek(this.field(at, MEMSLOT_FIELD.id)))
    const isAsSet = this.#shapes[place]?.every((value, field) => {
      const now = cpu.peek(this.field(at, field))
      return field === MEMSLOT_FIELD.baseGfn || (field === MEMSLOT_FIELD.flags ? now & ~LOG_DIRTY_PAGES : now) === value
    })
    return isAsSet ? { place, baseGfn: cpu.peek(this.field(at, MEMSLOT_FIELD.baseGfn)) } : undefined
  }

  /** For oracles: the flags of a slot now; 0 if it is not there. */
  peekFlags(cpu: Cpu, id: number): number {
    const first = cpu.peek(this.active)
    for (let at = first; at < first + this.peekCount(cpu); at += 1) {
      if (cpu.peek(this.field(at, MEMSLOT_FIELD.id)) === id) return cpu.peek(this.field(at, MEMSLOT_FIELD.flags))
    }
    return 0
  }

  /** For oracles. */
  peekGeneration(cpu: Cpu): number {
    return cpu.peek(this.generationOf(cpu.peek(this.active)))
  }

  protected fieldsOf(slot: MemslotConfig, flags: number, baseGfn: number): number[] {
    return [baseGfn, slot.pages, slot.hva, hostPageOf(this.all, slot), flags, this.#rmapOf(slot), slot.slot]
  }

  #rmapOf(slot: MemslotConfig): number {
    const before = this.all.slice(0, this.all.indexOf(slot))
    return before.reduce((sum, { pages }) => sum + pages, 0)
  }

  protected firstOf(slot: Memslot): number {
    return slot < this.all.length ? 0 : this.all.length
  }

  protected otherThan(first: number): number {
    return first === 0 ? this.all.length : 0
  }

  protected countOf(first: number): Word {
    return this.#counts[first === 0 ? 0 : 1]!
  }

  protected generationOf(first: number): Word {
    return this.#generations[first === 0 ? 0 : 1]!
  }

  protected field(slot: number, field: number): Word {
    return wordAt(this.#slots, slot * MEMSLOT_FIELDS + field)
  }
}
