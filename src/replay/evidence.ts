const REMEMBERED = 1 << 16
const WORDS = 4
const HALF = 2 ** 32
const SAMPLES = 1 << 14
/** How many invalidations between two faults on a gfn are examined: the cause is likely among the last. */
const CAUSES = 64

/** A gfn that was mapped, and mapped again after the invalidations [firstCause, endCause): one of them may have zapped it. */
export type Sample = {
  readonly gfn: number
  readonly pages: number
  readonly firstCause: number
  readonly endCause: number
}

/**
 * Evidence about the location of a guest's memory in the VMM's: gfns that had to be mapped again. Bounded: it remembers
 * when some 65,536 gfns were mapped last, and keeps 16,384 samples, thinned out evenly when there are more.
 */
export class Evidence {
  /** For each remembered gfn: gfn + 1 in two halves, and the counts of invalidations and zaps so far. */
  readonly #remembered = new Uint32Array(REMEMBERED * WORDS)
  #samples: Sample[] = []
  #stride = 1
  #skip = 0
  #zapsSeen = 0
  #lowest = Number.POSITIVE_INFINITY
  #highest = Number.NEGATIVE_INFINITY

  /** Page tables were zapped for another reason (a memslot is gone, a root is obsolete): what follows is no evidence. */
  zapped(): void {
    this.#zapsSeen += 1
  }

  /** `pages` from `gfn` on are being mapped, after `seen` invalidations. */
  mapped(gfn: number, pages: number, seen: number): void {
    if (gfn < this.#lowest) this.#lowest = gfn
    if (gfn + pages > this.#highest) this.#highest = gfn + pages
    const remembered = this.#remembered
    // Gfns next to each other, which guests touch together, share cache lines.
    const slot = ((gfn ^ (gfn / REMEMBERED)) & (REMEMBERED - 1)) * WORDS
    // An empty slot is 0, and no gfn and one is.
    const low = (gfn + 1) >>> 0
    const high = Math.floor((gfn + 1) / HALF)
    const since = remembered[slot + 2]!
    const isSame = remembered[slot] === low && remembered[slot + 1] === high
    if (isSame && remembered[slot + 3] === this.#zapsSeen && seen > since)
      this.#sample(gfn, pages, Math.max(since, seen - CAUSES), seen)
    remembered[slot] = low
    remembered[slot + 1] = high
    remembered[slot + 2] = seen
    remembered[slot + 3] = this.#zapsSeen
  }

  get samples(): readonly Sample[] {
    return this.#samples
  }

  /** The gfns that were mapped lie in [start, end); undefined if none was. */
  get gfns(): { readonly start: number; readonly end: number } | undefined {
    return this.#highest > 0 ? { start: this.#lowest, end: this.#highest } : undefined
  }

  #sample(gfn: number, pages: number, firstCause: number, endCause: number): void {
    this.#skip += 1
    if (this.#skip < this.#stride) return
    this.#skip = 0
    this.#samples.push({ gfn, pages, firstCause, endCause })
    if (this.#samples.length < SAMPLES) return
    this.#samples = this.#samples.filter((_, index) => index % 2 === 0)
    this.#stride *= 2
  }
}
