import { type Column, float64Column, uint32Column } from './column.ts'
import { mappedHvas, overlapsAny, type RecordedMemslot } from './memslots.ts'

/** No VMM maps so many pages in one piece: 2^46 bytes. */
const EVERYTHING = 2 ** 34
export const isEverything = (pages: number): boolean => pages >= EVERYTHING

/** Every kvm_unmap_hva_range of a trace, in order, in pages. */
export class InvalidationLog {
  readonly atNs: Column<Float64Array> = float64Column()
  readonly startPages: Column<Float64Array> = float64Column()
  readonly pages: Column<Float64Array> = float64Column()
  readonly pids: Column<Uint32Array> = uint32Column()

  /** How many of them cover everything, as when a process clears its soft-dirty bits: they do not tell where memory lies. */
  everything = 0

  get length(): number {
    return this.atNs.length
  }

  add(atNs: number, startPage: number, endPage: number, pid: number): void {
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

  /** How many of them hit none of these memslots. */
  outside(slots: readonly RecordedMemslot[]): number {
    const mapped = mappedHvas(slots)
    let outside = 0
    for (let index = 0; index < this.length; index += 1) {
      if (!overlapsAny(mapped, this.start(index), this.end(index))) outside += 1
    }
    return outside
  }
}
