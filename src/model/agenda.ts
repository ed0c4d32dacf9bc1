/**
 * Who acts next: a binary heap of actors, each with the time of its next event. Of two events at the same time the one that
 * was entered first comes first. An actor has one event at most.
 *
 * Times are whole picoseconds, so that n operations in one piece end at the moment at which they end one by one.
 */
export class Agenda {
  readonly #times: Float64Array
  readonly #entries: Float64Array
  readonly #heap: Int32Array
  /** Where in the heap an actor stands; -1: it has no event. */
  readonly #at: Int32Array
  #size = 0
  #entered = 0

  constructor(actors: number) {
    this.#times = new Float64Array(actors)
    this.#entries = new Float64Array(actors)
    this.#heap = new Int32Array(actors)
    this.#at = new Int32Array(actors).fill(-1)
  }

  get isEmpty(): boolean {
    return this.#size === 0
  }

  /** Whose event is the earliest. */
  get first(): number {
    return this.#heap[0]!
  }

  get firstTime(): number {
    return this.#times[this.#heap[0]!]!
  }

  /** The time of the earliest event but one: until then the first has the machine to itself. */
  get secondTime(): number {
    if (this.#size < 2) return Number.POSITIVE_INFINITY
    const left = this.#times[this.#heap[1]!]!
    if (this.#size === 2) return left
    const right = this.#times[this.#heap[2]!]!
    return left < right ? left : right
  }

  /** Enters the actor's event, or moves it to another time: it stands behind all others of that time. */
  enter(actor: number, time: number): void {
    this.#times[actor] = time
    this.#entered += 1
    this.#entries[actor] = this.#entered
    const at = this.#at[actor]!
    if (at < 0) {
      this.#up(this.#size++, actor)
    } else {
      this.#down(at, actor)
      this.#up(this.#at[actor]!, actor)
    }
  }

  remove(actor: number): void {
    const at = this.#at[actor]!
    if (at < 0) return
    this.#at[actor] = -1
    this.#size -= 1
    if (at === this.#size) return
    const last = this.#heap[this.#size]!
    this.#down(at, last)
    this.#up(this.#at[last]!, last)
  }

  #up(from: number, actor: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      const other = this.#heap[parent]!
      if (!this.#precedes(actor, other)) break
      this.#heap[at] = other
      this.#at[other] = at
      at = parent
    }
    this.#heap[at] = actor
    this.#at[actor] = at
  }

  #down(from: number, actor: number): void {
    let at = from
    for (;;) {
      let child = at * 2 + 1
      if (child >= this.#size) break
      if (child + 1 < this.#size && this.#precedes(this.#heap[child + 1]!, this.#heap[child]!)) child += 1
      const other = this.#heap[child]!
      if (!this.#precedes(other, actor)) break
      this.#heap[at] = other
      this.#at[other] = at
      at = child
    }
    this.#heap[at] = actor
    this.#at[actor] = at
  }

  #precedes(a: number, b: number): boolean {
    const difference = this.#times[a]! - this.#times[b]!
    return difference < 0 || (difference === 0 && this.#entries[a]! < this.#entries[b]!)
  }
}
