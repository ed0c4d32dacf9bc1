import { type Column, float64Column, uint32Column } from './column.ts'
import { mappedHvas, overlapsAny, type RecordedMemslot } from './memslots.ts'

/** Every kvm_unmap_hva_range of a trace, in order, in pages. */
export class InvalidationLog {
  readonly atNs: Column<Float64Array> = float64Column()
  readonly startPages: Column<Float64Array> = float64Column()
  readonly pages: Column<Uint32Array> = uint32Column()
  readonly pids: Column<Uint32Array> = uint32Column()

  get length(): number {
    return this.atNs.length
  }

  add(atNs: number, startPage: number, endPage: number, pid: number): void {
    this.atNs.push(atNs)
    this.startPages.push(startPage)
    this.pages.push(Math.min(endPage - startPage, 2 ** 32 - 1))
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
