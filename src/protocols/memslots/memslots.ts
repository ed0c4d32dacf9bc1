import { type Gfn, gfnAdd, type Hva } from '../../shared-memory/addresses.ts'
import { type Cpu, type Word, wordAt } from '../../shared-memory/cpu.ts'
import type { Place } from '../../shared-memory/place.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { hostPageOf } from './host-ranges.ts'

/** A memslot as the VMM sets it. Everything is in pages. */
export type MemslotConfig = {
  readonly slot: number
  readonly baseGfn: number
  readonly hva: number
  readonly pages: number
}

const FIELDS = 7
const BASE_GFN = 0
const PAGES = 1
const HVA = 2
const HOST_PAGE = 3
const FLAGS = 4
const RMAP = 5
const ID = 6

declare const brand: unique symbol

/** Which memslot of the table it is; -1 is none. */
export type Memslot = number & { readonly [brand]: 'Memslot' }
export const NO_MEMSLOT = -1 as Memslot

/** KVM_MEMSLOT_INVALID: the slot is being deleted or moved; a fault on it retries. */
export const INVALID = 1
/** KVM_MEM_LOG_DIRTY_PAGES: what the guest writes to is logged. */
export const LOG_DIRTY_PAGES = 2
/** KVM_MEMSLOT_GEN_UPDATE_IN_PROGRESS, in the generation of a set that is being published. */
export const GEN_UPDATE_IN_PROGRESS = 1 << 30

/** What becomes of one memslot in the next set: it is left out, or it is there, with these flags and at this gfn. */
export type MemslotEdit = { readonly slot: MemslotConfig; readonly flags: number; readonly baseGfn: number } | null

/**
 * The memslots of a VM (virt/kvm/kvm_main.c): sorted by gfn, found by gfn (`__gfn_to_memslot`) or by the range of hvas that
 * they map. Readers are protected by SRCU, so the fields are read plainly.
 *
 *   active      0 or `capacity`: where the set that counts begins, which is kvm->memslots     own line, written by the updater
 *   count       how many there are                                                            own line for each set
 *   generation  how often they have changed; UPDATE_IN_PROGRESS                               same line as count
 *   slot[i]     baseGfn, pages, hva, hostPage, flags, rmap, id                                written before the set is published
 *
 * There are two sets of them, as in struct kvm: the active one, and the one in which the next is made. A Memslot says which
 * set it is of, as a pointer does: a task that has one stays in its set. If nothing of them ever changes there is one set for ever.
 *
 * `hostPage` is where the slot's memory lies in the host's (see `HostMm`): slots that share hvas share pages. `rmap` is where
 * its reverse map begins, in entries: there is one for each gfn.
 */
export class Memslots {
  readonly active: Word
  readonly #counts: readonly Word[]
  readonly #generations: readonly Word[]
  readonly #slots: Word
  readonly #config: readonly MemslotConfig[]
  /** The configuration of every slot that there may ever be. */
  readonly all: readonly MemslotConfig[]
  readonly #places: ReadonlyMap<number, number>
  readonly #isFixed: boolean
  /** What the fields of each of them are, but for where it lies; only if they change. */
  readonly #shapes: readonly (readonly number[])[]

  /** `spare`: slots that are not there at first; left out, nothing of the slots ever changes. */
  constructor(place: Place, config: readonly MemslotConfig[], spare?: readonly MemslotConfig[]) {
    this.#config = config.toSorted((a, b) => a.baseGfn - b.baseGfn)
    this.all = [...this.#config, ...(spare ?? [])]
    this.#places = new Map(this.all.map(({ slot }, place) => [slot, place]))
    this.#isFixed = spare === undefined
    this.#shapes = this.#isFixed ? [] : this.all.map((slot) => this.#fieldsOf(slot, 0, 0))
    const sets = this.#isFixed ? [0] : [0, 1]
    this.active = place.line('active', 'memslot updater')
    const words = sets.map((set) => place.within(`set${set}`).together(['count', 'generation'], 'memslot updater'))
    this.#counts = words.map(({ count }) => count)
    this.#generations = words.map(({ generation }) => generation)
    this.#slots = place.table('slots', sets.length * this.all.length * FIELDS, 'memslot updater')
  }

  /** Writes the slots into memory that no other CPU sees yet. */
  initialise(words: Int32Array): void {
    words[this.#counts[0]!] = this.#config.length
    for (const [index, slot] of this.#config.entries())
      words.set(this.#fieldsOf(slot, 0, slot.baseGfn), this.#field(index, 0))
  }

  /** The page of the host behind a gfn of the slots that the VM begins with. */
  hostPageAtStart(gfn: Gfn): number | undefined {
    const slot = this.#config.find(({ baseGfn, pages }) => gfn >= baseGfn && gfn < baseGfn + pages)
    return slot && hostPageOf(this.all, slot) + gfn - slot.baseGfn
  }

  /** `srcu_dereference()` of kvm->memslots, for callers that read more than one slot. Pairs with publish(). */
  *dereference(cpu: Cpu): Steps<number> {
    return this.#isFixed ? 0 : yield* cpu.loadAcquire(this.active)
  }

  /** `gfn_to_memslot()`: binary search by gfn. */
  *find(cpu: Cpu, gfn: Gfn): Steps<Memslot> {
    const first = this.#isFixed ? 0 : yield* cpu.loadAcquire(this.active)
    let low = first
    const count = yield* cpu.read(this.#countOf(first))
    let high = first + count
    while (low < high) {
      const middle = (low + high) >> 1
      const base = yield* cpu.read(this.#field(middle, BASE_GFN))
      if (gfn >= base) low = middle + 1
      else high = middle
    }
    if (low === first) return NO_MEMSLOT
    const slot = (low - 1) as Memslot
    const base = yield* cpu.read(this.#field(slot, BASE_GFN))
    const pages = yield* cpu.read(this.#field(slot, PAGES))
    return gfn < base + pages ? slot : NO_MEMSLOT
  }

  /** The first memslot that overlaps the hvas [start, end): `kvm_for_each_memslot_in_hva_range()`. */
  *firstOverlapping(cpu: Cpu, start: Hva, end: Hva): Steps<Memslot> {
    return yield* this.nextOverlapping(cpu, NO_MEMSLOT, start, end)
  }

  /** The first memslot after `after` that overlaps the hvas [start, end); start with NO_MEMSLOT. */
  *nextOverlapping(cpu: Cpu, after: Memslot, start: Hva, end: Hva): Steps<Memslot> {
    const first = after === NO_MEMSLOT ? yield* this.dereference(cpu) : this.#firstOf(after)
    const count = yield* cpu.read(this.#countOf(first))
    const from = after === NO_MEMSLOT ? first : after + 1
    for (let slot = from as Memslot; slot < first + count; slot = (slot + 1) as Memslot) {
      const hva = yield* cpu.read(this.#field(slot, HVA))
      if (hva >= end) continue
      const pages = yield* cpu.read(this.#field(slot, PAGES))
      if (hva + pages > start) return slot
    }
    return NO_MEMSLOT
  }

  /** The slot after `after` in its set; the first of the active set after NO_MEMSLOT. */
  *nextOf(cpu: Cpu, after: Memslot): Steps<Memslot> {
    const first = after === NO_MEMSLOT ? yield* this.dereference(cpu) : this.#firstOf(after)
    const count = yield* cpu.read(this.#countOf(first))
    const next = after === NO_MEMSLOT ? first : after + 1
    return (next < first + count ? next : NO_MEMSLOT) as Memslot
  }

  *idOf(cpu: Cpu, slot: Memslot): Steps<number> {
    return yield* cpu.read(this.#field(slot, ID))
  }

  *baseGfn(cpu: Cpu, slot: Memslot): Steps<Gfn> {
    const base = yield* cpu.read(this.#field(slot, BASE_GFN))
    return base as Gfn
  }

  *pages(cpu: Cpu, slot: Memslot): Steps<number> {
    return yield* cpu.read(this.#field(slot, PAGES))
  }

  /** `hva_to_gfn_memslot()`, of the part of [hva, ...) that lies in the slot. */
  *firstGfn(cpu: Cpu, slot: Memslot, start: Hva): Steps<Gfn> {
    const hva = yield* cpu.read(this.#field(slot, HVA))
    const base = yield* cpu.read(this.#field(slot, BASE_GFN))
    return gfnAdd(base as Gfn, Math.max(start, hva) - hva)
  }

  /** The end of the gfns that [..., end) maps in the slot. */
  *endGfn(cpu: Cpu, slot: Memslot, end: Hva): Steps<Gfn> {
    const hva = yield* cpu.read(this.#field(slot, HVA))
    const base = yield* cpu.read(this.#field(slot, BASE_GFN))
    const pages = yield* cpu.read(this.#field(slot, PAGES))
    return gfnAdd(base as Gfn, Math.min(end - hva, pages))
  }

  /** The page of the host behind a gfn of the slot. */
  *hostPage(cpu: Cpu, slot: Memslot, gfn: Gfn): Steps<number> {
    const base = yield* cpu.read(this.#field(slot, BASE_GFN))
    const hostPage = yield* cpu.read(this.#field(slot, HOST_PAGE))
    return hostPage + (gfn - base)
  }

  /** `gfn_to_hva_memslot()`. */
  *hva(cpu: Cpu, slot: Memslot, gfn: Gfn): Steps<Hva> {
    const base = yield* cpu.read(this.#field(slot, BASE_GFN))
    const hva = yield* cpu.read(this.#field(slot, HVA))
    return (hva + (gfn - base)) as Hva
  }

  /** `gfn_to_rmap()`, as an index. */
  *rmap(cpu: Cpu, slot: Memslot, gfn: Gfn): Steps<number> {
    const base = yield* cpu.read(this.#field(slot, BASE_GFN))
    const rmap = yield* cpu.read(this.#field(slot, RMAP))
    return rmap + (gfn - base)
  }

  *isInvalid(cpu: Cpu, slot: Memslot): Steps<boolean> {
    const flags = yield* cpu.read(this.#field(slot, FLAGS))
    return (flags & INVALID) !== 0
  }

  /** `kvm_slot_dirty_track_enabled()`. */
  *isDirtyTracked(cpu: Cpu, slot: Memslot): Steps<boolean> {
    const flags = yield* cpu.read(this.#field(slot, FLAGS))
    return (flags & LOG_DIRTY_PAGES) !== 0
  }

  /** Makes the set that is not active: the active one's slots, in which `id` has become what `edit` says. */
  *prepareNext(cpu: Cpu, id: number, edit: MemslotEdit): Steps<void> {
    const from = yield* cpu.load(this.active)
    const count = yield* cpu.read(this.#countOf(from))
    const to = this.#otherThan(from)
    let next = to
    let isMissing = edit !== null
    for (let slot = from; slot < from + count; slot += 1) {
      const slotId = yield* cpu.read(this.#field(slot, ID))
      if (slotId === id) continue
      const base = yield* cpu.read(this.#field(slot, BASE_GFN))
      if (edit !== null && isMissing && edit.baseGfn < base) {
        yield* this.#write(cpu, next, this.#fieldsOf(edit.slot, edit.flags, edit.baseGfn))
        next += 1
        isMissing = false
      }
      yield* this.#copy(cpu, slot, next)
      next += 1
    }
    if (edit !== null && isMissing) {
      yield* this.#write(cpu, next, this.#fieldsOf(edit.slot, edit.flags, edit.baseGfn))
      next += 1
    }
    yield* cpu.write(this.#countOf(to), next - to)
  }

  /** M4: the next set's generation is the active one's, with the mark of an update. */
  *markUpdateInProgress(cpu: Cpu): Steps<void> {
    const active = yield* cpu.load(this.active)
    const generation = yield* cpu.read(this.#generationOf(active))
    yield* cpu.store(this.#generationOf(this.#otherThan(active)), generation | GEN_UPDATE_IN_PROGRESS)
  }

  /** M7: `rcu_assign_pointer(kvm->memslots)`: the set is complete before it is seen. */
  *publish(cpu: Cpu): Steps<void> {
    const active = yield* cpu.load(this.active)
    yield* cpu.storeRelease(this.active, this.#otherThan(active))
  }

  /** M10: the previous set is no longer in use. */
  *finishUpdate(cpu: Cpu): Steps<void> {
    const active = yield* cpu.load(this.active)
    const generation = yield* cpu.read(this.#generationOf(active))
    yield* cpu.store(this.#generationOf(active), (generation & ~GEN_UPDATE_IN_PROGRESS) + ADDRESS_SPACES)
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
    return cpu.peek(this.#countOf(cpu.peek(this.active)))
  }

  /** For oracles: which of all the `nth` now is, and where it lies; undefined if anything else of it is not as it was set. */
  peekBase(cpu: Cpu, nth: number): { readonly place: number; readonly baseGfn: number } | undefined {
    const at = cpu.peek(this.active) + nth
    const place = this.placeOf(cpu.peek(this.#field(at, ID)))
    const isAsSet = this.#shapes[place]?.every((value, field) => {
      const now = cpu.peek(this.#field(at, field))
      return field === BASE_GFN || (field === FLAGS ? now & ~LOG_DIRTY_PAGES : now) === value
    })
    return isAsSet ? { place, baseGfn: cpu.peek(this.#field(at, BASE_GFN)) } : undefined
  }

  /** For oracles. */
  peekGeneration(cpu: Cpu): number {
    return cpu.peek(this.#generationOf(cpu.peek(this.active)))
  }

  *#copy(cpu: Cpu, from: number, to: number): Steps<void> {
    for (let field = 0; field < FIELDS; field += 1) {
      const value = yield* cpu.read(this.#field(from, field))
      yield* cpu.write(this.#field(to, field), value)
    }
  }

  *#write(cpu: Cpu, to: number, fields: readonly number[]): Steps<void> {
    for (let field = 0; field < FIELDS; field += 1) yield* cpu.write(this.#field(to, field), fields[field]!)
  }

  #fieldsOf(slot: MemslotConfig, flags: number, baseGfn: number): number[] {
    return [baseGfn, slot.pages, slot.hva, hostPageOf(this.all, slot), flags, this.#rmapOf(slot), slot.slot]
  }

  #rmapOf(slot: MemslotConfig): number {
    const before = this.all.slice(0, this.all.indexOf(slot))
    return before.reduce((sum, { pages }) => sum + pages, 0)
  }

  #firstOf(slot: Memslot): number {
    return slot < this.all.length ? 0 : this.all.length
  }

  #otherThan(first: number): number {
    return first === 0 ? this.all.length : 0
  }

  #countOf(first: number): Word {
    return this.#counts[first === 0 ? 0 : 1]!
  }

  #generationOf(first: number): Word {
    return this.#generations[first === 0 ? 0 : 1]!
  }

  #field(slot: number, field: number): Word {
    return wordAt(this.#slots, slot * FIELDS + field)
  }
}

/** KVM_ADDRESS_SPACE_NUM, without SMM. */
const ADDRESS_SPACES = 1
