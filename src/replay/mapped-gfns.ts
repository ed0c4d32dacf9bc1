import type { PageRange } from './memslots.ts'

const BLOCK = 512

/** An action of a replay's role: its `count`th one. */
export type Done = { readonly role: number; readonly count: number }

type Block = {
  readonly mapped: Map<number, Done>
  /** The action that removed an unmapped gfn; older than `cleared` if that is set later. */
  readonly taken: Map<number, Done>
  /** The last action that removed the whole block. */
  cleared: Done | undefined
}

/** Which gfns of a recorded guest are mapped, by which fault, and which action removed the others: as far as the recording shows. */
export class MappedGfns {
  readonly #blocks = new Map<number, Block>()

  isMapped(gfn: number): boolean {
    return this.#blocks.get(Math.floor(gfn / BLOCK))?.mapped.has(gfn) ?? false
  }

  /** The action that removed the gfn after it was mapped last; undefined if it never was. */
  causeOf(gfn: number): Done | undefined {
    const block = this.#blocks.get(Math.floor(gfn / BLOCK))
    return block?.taken.get(gfn) ?? block?.cleared
  }

  map(gfn: number, by: Done): void {
    const index = Math.floor(gfn / BLOCK)
    let block = this.#blocks.get(index)
    if (block === undefined) {
      block = { mapped: new Map(), taken: new Map(), cleared: undefined }
      this.#blocks.set(index, block)
    }
    block.mapped.set(gfn, by)
    block.taken.delete(gfn)
  }

  /** Removes the mappings of the gfns, and reports the fault that had mapped each. */
  take({ start, end }: PageRange, by: Done, was: (mapped: Done) => void): void {
    const first = Math.floor(start / BLOCK)
    const last = Math.floor((end - 1) / BLOCK)
    if (last - first < this.#blocks.size) {
      for (let index = first; index <= last; index += 1) this.#takeFrom(index, start, end, by, was)
      return
    }
    for (const index of this.#blocks.keys()) {
      if (index >= first && index <= last) this.#takeFrom(index, start, end, by, was)
    }
  }

  #takeFrom(index: number, start: number, end: number, by: Done, was: (mapped: Done) => void): void {
    const block = this.#blocks.get(index)
    if (block === undefined) return
    const from = index * BLOCK
    if (start <= from && end >= from + BLOCK) {
      for (const mapped of block.mapped.values()) was(mapped)
      block.mapped.clear()
      block.taken.clear()
      block.cleared = by
      return
    }
    const takeOne = (gfn: number) => {
      const mapped = block.mapped.get(gfn)
      if (mapped === undefined) return
      was(mapped)
      block.mapped.delete(gfn)
      block.taken.set(gfn, by)
    }
    const to = Math.min(end, from + BLOCK)
    if (to - Math.max(start, from) <= block.mapped.size) {
      for (let gfn = Math.max(start, from); gfn < to; gfn += 1) takeOne(gfn)
      return
    }
    for (const gfn of [...block.mapped.keys()]) if (gfn >= start && gfn < to) takeOne(gfn)
  }
}
