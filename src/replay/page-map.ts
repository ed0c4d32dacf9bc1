import type { PageRange } from './memslots.ts'

/** The number of pages at each end of a squeezed stretch that keep their places. */
const RIM = 256
const HUGE = 512

/**
 * Numbers the pages of a large address space so that they fit small integers. Stretches that are `kept` keep their length;
 * what lies between and around them is squeezed to less than 1024 pages, so that
 *
 *   - order is kept: a <= b gives of(a) <= of(b);
 *   - no range becomes empty, and a range reaches into exactly the stretches into which it reached before;
 *   - a page keeps its place within its 2 MiB.
 */
export class PageMap {
  /** The start of stretch i, and the new number of its first page. Even stretches are squeezed, odd ones kept or squeezed. */
  readonly #starts: number[] = [0]
  readonly #mapped: number[] = [0]
  readonly #isKept: boolean[] = []

  /** `stretches` are in order and do not overlap; pages outside of all of them are squeezed. */
  constructor(stretches: readonly (PageRange & { readonly isKept: boolean })[]) {
    for (const { start, end, isKept } of stretches) {
      if (start > this.#starts.at(-1)!) this.#endStretch(start, false)
      this.#endStretch(end, isKept)
    }
    this.#isKept.push(false)
  }

  /** The new number of a page. */
  of(page: number): number {
    return this.#in(this.#stretchOf(page), page)
  }

  /** The new end of a range that begins at `start`. A range has at least one page. */
  endOf(start: number, end: number): number {
    return Math.max(this.#in(this.#stretchOf(end), end), this.of(start) + 1)
  }

  #endStretch(end: number, isKept: boolean): void {
    const length = end - this.#starts.at(-1)!
    const squeezed = isKept || length <= 2 * HUGE ? length : HUGE + (length % HUGE)
    this.#isKept.push(isKept)
    this.#starts.push(end)
    this.#mapped.push(this.#mapped.at(-1)! + squeezed)
  }

  #in(stretch: number, page: number): number {
    const first = this.#mapped[stretch]!
    const into = page - this.#starts[stretch]!
    if (this.#isKept[stretch] || into <= RIM) return first + into
    const next = this.#starts[stretch + 1]
    if (next === undefined) return first + RIM
    return Math.max(first + RIM, this.#mapped[stretch + 1]! - (next - page))
  }

  #stretchOf(page: number): number {
    let low = 0
    let high = this.#starts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (this.#starts[middle]! <= page) low = middle
      else high = middle
    }
    return low
  }
}
