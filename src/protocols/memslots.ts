import { type Gfn, gfnAdd, type Hva } from '../shared-memory/addresses.ts'
import { type Cpu, type Word, wordAt } from '../shared-memory/cpu.ts'
import type { Place } from '../shared-memory/place.ts'
import type { Steps } from '../shared-memory/steps.ts'

/** A memslot as the VMM sets it. Everything is in pages. */
export type MemslotConfig = {
  readonly slot: number
  readonly baseGfn: number
  readonly hva: number
  readonly pages: number
}

const FIELDS = 6
const BASE_GFN = 0
const PAGES = 1
const HVA = 2
const HOST_PAGE = 3
const FLAGS = 4
const RMAP = 5

declare const brand: unique symbol

/** Which memslot of the table it is; -1 is none. */
export type Memslot = number & { readonly [brand]: 'Memslot' }
export const NO_MEMSLOT = -1 as Memslot

/** KVM_MEMSLOT_INVALID: the slot is being deleted or moved; a fault on it retries. */
export const INVALID = 1

/**
 * The memslots of a VM (virt/kvm/kvm_main.c): sorted by gfn, found by gfn (`__gfn_to_memslot`) or by the range of hvas that
 * they map. Readers are protected by SRCU, so the fields are read plainly.
 *
 *   count       how many there are                                   own line
 *   slot[i]     baseGfn, pages, hva, hostPage, flags, rmap           written before the slots are published
 *
 * `hostPage` is where the slot's memory lies in the host's (see `HostMm`): slots that share hvas share pages. `rmap` is where
 * its reverse map begins, in entries: there is one for each gfn.
 */
export class Memslots {
  readonly count: Word
  readonly #slots: Word
  readonly #config: readonly MemslotConfig[]

  constructor(place: Place, config: readonly MemslotConfig[]) {
    this.#config = config.toSorted((a, b) => a.baseGfn - b.baseGfn)
    this.count = place.line('count', 'memslot updater')
    this.#slots = place.table('slots', config.length * FIELDS, 'memslot updater')
  }

  /** Writes the slots into memory that nobody else sees yet. */
  initialise(words: Int32Array): void {
    words[this.count] = this.#config.length
    let rmap = 0
    for (const [index, slot] of this.#config.entries()) {
      const fields = [slot.baseGfn, slot.pages, slot.hva, hostPageOf(this.#config, slot), 0, rmap]
      words.set(fields, this.#field(index as Memslot, 0))
      rmap += slot.pages
    }
  }

  /** `__gfn_to_memslot()`: binary search by gfn. */
  *find(cpu: Cpu, gfn: Gfn): Steps<Memslot> {
    let low = 0
    let high = yield* cpu.read(this.count)
    while (low < high) {
      const middle = ((low + high) >> 1) as Memslot
      const base = yield* cpu.read(this.#field(middle, BASE_GFN))
      if (gfn >= base) low = middle + 1
      else high = middle
    }
    if (low === 0) return NO_MEMSLOT
    const slot = (low - 1) as Memslot
    const base = yield* cpu.read(this.#field(slot, BASE_GFN))
    const pages = yield* cpu.read(this.#field(slot, PAGES))
    return gfn < base + pages ? slot : NO_MEMSLOT
  }

  /** The first memslot after `after` that overlaps the hvas [start, end); start with NO_MEMSLOT. */
  *nextOverlapping(cpu: Cpu, after: Memslot, start: Hva, end: Hva): Steps<Memslot> {
    const count = yield* cpu.read(this.count)
    for (let slot = (after + 1) as Memslot; slot < count; slot = (slot + 1) as Memslot) {
      const hva = yield* cpu.read(this.#field(slot, HVA))
      if (hva >= end) continue
      const pages = yield* cpu.read(this.#field(slot, PAGES))
      if (hva + pages > start) return slot
    }
    return NO_MEMSLOT
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

  #field(slot: Memslot, field: number): Word {
    return wordAt(this.#slots, slot * FIELDS + field)
  }
}

/** How many pages of the host the slots map; hvas that several slots map count once. */
export function hostPages(slots: readonly MemslotConfig[]): number {
  return hostRanges(slots).reduce((sum, { start, end }) => sum + end - start, 0)
}

/** The slots' hvas, merged where they touch, in order: the host's pages are numbered through them. */
function hostRanges(slots: readonly MemslotConfig[]): { start: number; end: number }[] {
  const ranges: { start: number; end: number }[] = []
  for (const { hva, pages } of slots.toSorted((a, b) => a.hva - b.hva)) {
    const last = ranges.at(-1)
    if (last !== undefined && hva <= last.end) last.end = Math.max(last.end, hva + pages)
    else ranges.push({ start: hva, end: hva + pages })
  }
  return ranges
}

function hostPageOf(slots: readonly MemslotConfig[], slot: MemslotConfig): number {
  let first = 0
  for (const { start, end } of hostRanges(slots)) {
    if (slot.hva < end) return first + slot.hva - start
    first += end - start
  }
  return first
}
