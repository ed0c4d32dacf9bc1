import type { MemslotConfig } from './memslot.ts'

/** The number of host pages that the slots map; hvas mapped by several slots count once. */
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

/** The first host page of a slot's memory. */
export function hostPageOf(slots: readonly MemslotConfig[], slot: MemslotConfig): number {
  let first = 0
  for (const { start, end } of hostRanges(slots)) {
    if (slot.hva < end) return first + slot.hva - start
    first += end - start
  }
  return first
}
