import { ReplayError } from '../errors/faultline-error.ts'
import type { MemslotConfig } from '../protocols/memslots/memslot.ts'
import { MAX_PFNS } from '../shared-memory/page-tables/spte.ts'
import { endGfnOf, endHvaOf, mappedHvas, type PageRange, type RecordedMemslot } from './memslots.ts'
import { PageMap } from './page-map.ts'

/** The pages of the slot that a replayed memslot update adds and removes. */
const SPARE_PAGES = 8
/** The largest guest that a run can model: HostMm has two frames per page, and one spare slot is for updates. */
const MAX_PAGES = MAX_PFNS / 2 - SPARE_PAGES
/** gfns and hvas of a run are 31 bits wide. */
const MAX_GFN = 2 ** 31
const HUGE = 512
const NOWHERE = -1

/** The location of a recorded guest's memory in a run, with the mapping of its gfns and hvas. */
export class Layout {
  readonly memslots: readonly MemslotConfig[]
  /** Said when the guest could not be taken over page by page. */
  readonly warning: string | undefined
  readonly #slots: readonly RecordedMemslot[]
  readonly #hvas: PageMap

  /** `touched`: the 2 MiB blocks, by hva, that the recording faults on; asked for only if the guest is too large. */
  constructor(slots: readonly RecordedMemslot[], touched: () => ReadonlySet<number>) {
    this.#slots = slots.toSorted((a, b) => a.baseGfn - b.baseGfn)
    const ranges = mappedHvas(slots)
    const pages = pagesIn(ranges)
    const isLarge = pages > MAX_PAGES
    this.#hvas = new PageMap(isLarge ? cut(slots, touched()) : ranges.map((range) => ({ ...range, isKept: true })))
    this.memslots = this.#placed(isLarge || this.#slots.some((slot) => endGfnOf(slot) > MAX_GFN))
    const left = pagesIn(mappedHvas(this.memslots))
    if (left > MAX_PAGES) throw tooLarge(pages, left)
    if (isLarge) this.warning = squeezedWarning(pages, left)
  }

  /** -1 if no memslot has the gfn. */
  gfn(gfn: number): number {
    const index = this.#slotOf(gfn)
    if (index === NOWHERE) return NOWHERE
    const slot = this.#slots[index]!
    const placed = this.memslots[index]!
    return placed.baseGfn + this.#hvas.of(slot.hva + gfn - slot.baseGfn) - placed.hva
  }

  /** A slot beyond all others, where nothing else of the recording is. */
  get spare(): MemslotConfig {
    const after = (ends: readonly number[]) => (Math.floor(Math.max(...ends) / HUGE) + 4) * HUGE
    const baseGfn = after(this.memslots.map((slot) => slot.baseGfn + slot.pages))
    const hva = after(this.memslots.map((slot) => slot.hva + slot.pages))
    return { slot: Math.max(...this.memslots.map(({ slot }) => slot)) + 1, baseGfn, hva, pages: SPARE_PAGES }
  }

  startHva(start: number): number {
    return this.#hvas.of(start)
  }

  endHva(start: number, end: number): number {
    return this.#hvas.endOf(start, end)
  }

  /** The slots where a run has them. gfns stay as they are unless they do not fit: then the gaps between slots close. */
  #placed(isMoved: boolean): readonly MemslotConfig[] {
    let next = 0
    return this.#slots.map((slot) => {
      const hva = this.#hvas.of(slot.hva)
      const pages = this.#hvas.of(endHvaOf(slot)) - hva
      const baseGfn = isMoved ? next + ((((slot.baseGfn - next) % HUGE) + HUGE) % HUGE) : slot.baseGfn
      next = baseGfn + pages
      return { slot: slot.slot, baseGfn, hva, pages }
    })
  }

  #slotOf(gfn: number): number {
    let low = 0
    let high = this.#slots.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#slots[middle]!.baseGfn <= gfn) low = middle + 1
      else high = middle
    }
    return low > 0 && gfn < endGfnOf(this.#slots[low - 1]!) ? low - 1 : NOWHERE
  }
}

/** The hva of a gfn, as it was recorded; -1 if no memslot has it. */
export function recordedHva(slots: readonly RecordedMemslot[], gfn: number): number {
  const slot = slots.find((candidate) => gfn >= candidate.baseGfn && gfn < endGfnOf(candidate))
  return slot === undefined ? NOWHERE : slot.hva + gfn - slot.baseGfn
}

const pagesIn = (ranges: readonly PageRange[] | readonly MemslotConfig[]) =>
  ranges.reduce((sum, range) => sum + ('pages' in range ? range.pages : range.end - range.start), 0)

/** Cuts the slots' hvas where a slot begins or ends and where a touched block does; only touched blocks are kept. */
function cut(
  slots: readonly RecordedMemslot[],
  touched: ReadonlySet<number>,
): readonly (PageRange & { readonly isKept: boolean })[] {
  const blocks = [...touched].flatMap((block) => [block * HUGE, (block + 1) * HUGE])
  const edges = slots.flatMap((slot) => [slot.hva, endHvaOf(slot)])
  const mapped = mappedHvas(slots)
  const first = mapped[0]!.start
  const last = mapped.at(-1)!.end
  const cuts = [...new Set([...edges, ...blocks])].filter((at) => at >= first && at <= last).toSorted((a, b) => a - b)
  return cuts.slice(1).map((end, index) => {
    const start = cuts[index]!
    return { start, end, isKept: touched.has(Math.floor(start / HUGE)) }
  })
}

const gib = (pages: number) => `${(pages / 2 ** 18).toLocaleString('en-US', { maximumFractionDigits: 1 })} GiB`

const squeezedWarning = (pages: number, left: number) =>
  `the guest has ${gib(pages)} and a run models ${gib(MAX_PAGES)}: stretches of 2 MiB blocks on which no fault was recorded ` +
  `are one block each, which leaves ${gib(left)}; ranges still hit the same memory`

const tooLarge = (pages: number, left: number) =>
  new ReplayError(
    `the guest has ${gib(pages)}, of which ${gib(left)} are touched; a run models ${gib(MAX_PAGES)}`,
    'Replay a shorter recording.',
  )
