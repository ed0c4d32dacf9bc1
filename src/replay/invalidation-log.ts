import { type Column, float64Column, uint32Column } from './column.ts'
import { mappedHvas, overlapsAny, type RecordedMemslot } from './memslots.ts'

/** No VMM maps this many pages in one piece: 2^46 bytes. */
const EVERYTHING = 2 ** 34
export const isEverything = (pages: number): boolean => pages >= EVERYTHING

/** Every kvm_unmap_hva_range of a trace, and every kvm_set_spte_hva that is no part of one, in order, in pages. */
export class InvalidationLog {
  readonly atNs: Column<Float64Array> = float64Column()
  readonly startPages: Column<Float64Array> = float64Column()
  readonly pages: Column<Float64Array> = float64Column()
  readonly pids: Column<Uint32Array> = uint32Column()

  /** How many of them are kvm_set_spte_hva, which notifiers raise for a page without a range; and which. */
  setPtes = 0
  readonly #isSetPte: Column<Uint32Array> = uint32Column()
  /** How many of them cover everything, as when a process clears its soft-dirty bits: they do not show where memory is. */
  everything = 0

  get length(): number {
    return this.atNs.length
  }

  /** Those that are kvm_unmap_hva_range. */
  get unmaps(): number {
    return this.length - this.setPtes
  }

  /** The number of pages of each. */
  widths(): Column<Float64Array> {
    if (this.setPtes === 0) return this.pages
    const widths = float64Column()
    for (let index = 0; index < this.length; index += 1) if (this.isUnmap(index)) widths.push(this.pages.at(index))
    return widths
  }

  isUnmap(index: number): boolean {
    return this.#isSetPte.at(index) === 0
  }

  addSetPte(atNs: number, page: number, pid: number): void {
    this.add(atNs, page, page + 1, pid)
    this.#isSetPte.set(this.length - 1, 1)
    this.setPtes += 1
  }

  add(atNs: number, startPage: number, endPage: number, pid: number): void {
    this.#isSetPte.push(0)
    this.atNs.push(atNs)
    this.startPages.push(startPage)
    this.pages.push(endPage - startPage)
    if (isEverything(endPage - startPage)) this.everything += 1
    this.pids.push(pid)
  }

  start(index: number): number {
    return this.startPages.at(index)
  }

  end(index: number): number {
    return this.startPages.at(index) + this.pages.at(index)
  }

  /** The number of unmaps that hit none of these memslots. */
  outside(slots: readonly RecordedMemslot[]): number {
    const mapped = mappedHvas(slots)
    let outside = 0
    for (let index = 0; index < this.length; index += 1) {
      if (this.isUnmap(index) && !overlapsAny(mapped, this.start(index), this.end(index))) outside += 1
    }
    return outside
  }
}
