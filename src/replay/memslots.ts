/** A memslot of a recorded guest, in pages. `hva` may have 52 bits: see Layout for the limits of a run. */
export type RecordedMemslot = {
  readonly slot: number
  readonly baseGfn: number
  readonly hva: number
  readonly pages: number
}

/** The memslots that a recording is read with, and how they are known. */
export type KnownMemslots = {
  /** `assumed`: nothing shows where the guest's memory is. */
  readonly origin: 'given' | 'guessed' | 'inferred' | 'assumed'
  /** One sentence for the reader of the result. */
  readonly says: string
  readonly slots: readonly RecordedMemslot[]
}

export const endGfnOf = (slot: RecordedMemslot): number => slot.baseGfn + slot.pages
export const endHvaOf = (slot: RecordedMemslot): number => slot.hva + slot.pages

export type PageRange = { readonly start: number; readonly end: number }

/** The hvas that memslots map, merged where they touch or overlap, in order. */
export function mappedHvas(slots: readonly RecordedMemslot[]): readonly PageRange[] {
  const ranges: { start: number; end: number }[] = []
  for (const slot of slots.toSorted((a, b) => a.hva - b.hva)) {
    const last = ranges.at(-1)
    if (last !== undefined && slot.hva <= last.end) last.end = Math.max(last.end, endHvaOf(slot))
    else ranges.push({ start: slot.hva, end: endHvaOf(slot) })
  }
  return ranges
}

/** Whether [start, end) overlaps one of the ranges, which are in order. */
export function overlapsAny(ranges: readonly PageRange[], start: number, end: number): boolean {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (ranges[middle]!.end > start) high = middle
    else low = middle + 1
  }
  return low < ranges.length && ranges[low]!.start < end
}
