/** Timing an event takes up to 0.3 us, which is 1 % of this. A trial of 400 ms has 13,000 events so far apart, and p99.9 needs 10,000. */
const APART_NS = 30_000
/** However frequent events are, one in this number is timed. */
export const MOST_ONE_IN = 256
/** Events after which it is decided for the first time. */
const FIRST = 512

/**
 * Which events of a kind are timed: one in `oneIn` on average, at random, so that no rhythm of the events meets that of the sample. Events that come
 * more often than every 3.75 us, if one in 8 is timed, are timed more seldom, so that timed ones are 30 us apart.
 *
 * That is decided by how far apart the events have been, and again only when as many have come as until then: so hardly ever after a warm-up. If slow
 * times were timed more densely than fast ones, the sample would show them as more frequent than they are.
 */
export class SampleRate {
  readonly #fewest: number
  #oneIn: number
  #events = 0
  #decideAt = FIRST
  #sinceEvents = 0
  #sinceNs = Number.NaN
  #seed: number

  /** One event in `fewest` is timed at the most. */
  constructor(fewest: number, seed: number) {
    this.#fewest = fewest
    this.#oneIn = fewest
    this.#seed = Math.imul(seed + 1, 0x9e37_79b1) | 1
  }

  get oneIn(): number {
    return this.#oneIn
  }

  /** The event at `ns` is timed, the last of so many since the one before: how many come until the next that is timed, with that one. */
  next(events: number, ns: number): number {
    this.#events += events
    if (Number.isNaN(this.#sinceNs)) this.#begin(ns)
    else if (this.#events >= this.#decideAt) this.#decide(ns)
    return 1 + (this.#random() % (2 * this.#oneIn - 1))
  }

  #decide(ns: number): void {
    const eachNs = (ns - this.#sinceNs) / (this.#events - this.#sinceEvents)
    this.#oneIn = Math.max(this.#fewest, Math.min(MOST_ONE_IN, Math.ceil(APART_NS / eachNs)))
    this.#decideAt = 2 * this.#events
    this.#begin(ns)
  }

  #begin(ns: number): void {
    this.#sinceNs = ns
    this.#sinceEvents = this.#events
  }

  /** xorshift32 */
  #random(): number {
    this.#seed ^= this.#seed << 13
    this.#seed ^= this.#seed >>> 17
    this.#seed ^= this.#seed << 5
    return this.#seed >>> 0
  }
}
