/** The actor has no event, or no event stands there. */
const NONE = -1
/** The actor's event stands behind another's. */
const IN_LINE = -2

/**
 * The events of a run: actors, each with the time of its next event. Of two events at the same time the one that was entered first
 * comes first. An actor has one event at most.
 *
 * A binary heap, of those events only that do not stand behind another: a thousand CPUs that have asked for one line come one
 * after the other, and all but the first need not be sorted.
 *
 * Times are whole picoseconds, so that n operations in one piece end at the moment at which they end one by one.
 */
export class EventQueue {
  readonly #times: Float64Array
  readonly #entries: Float64Array
  readonly #heap: Int32Array
  /** Where in the heap an actor stands; NONE: it has no event. */
  readonly #at: Int32Array
  /** The actor whose event stands behind this one's, and the one before it. */
  readonly #behind: Int32Array
  readonly #before: Int32Array
  #size = 0
  #entered = 0

  constructor(actors: number) {
    this.#times = new Float64Array(actors)
    this.#entries = new Float64Array(actors)
    this.#heap = new Int32Array(actors)
    this.#at = new Int32Array(actors).fill(NONE)
    this.#behind = new Int32Array(actors).fill(NONE)
    this.#before = new Int32Array(actors).fill(NONE)
  }

  get isEmpty(): boolean {
    return this.#size === 0
  }

  /** The actor with the earliest event. */
  get first(): number {
    return this.#heap[0]!
  }

  get firstTime(): number {
    return this.#times[this.#heap[0]!]!
  }

  /** The time of the earliest event but one: until then the first has the machine to itself. */
  get secondTime(): number {
    const behind = this.#behind[this.#heap[0]!]!
    let time = behind === NONE ? Number.POSITIVE_INFINITY : this.#times[behind]!
    if (this.#size > 1) time = Math.min(time, this.#times[this.#heap[1]!]!)
    if (this.#size > 2) time = Math.min(time, this.#times[this.#heap[2]!]!)
    return time
  }

  /** Enters the actor's event, or moves it to another time: it stands behind all others of that time. */
  enter(actor: number, time: number): void {
    const at = this.#at[actor]!
    if (at === NONE) {
      this.#note(actor, time)
      this.#up(this.#size++, actor)
    } else if (at !== IN_LINE && this.#behind[actor]! === NONE) {
      this.#note(actor, time)
      this.#move(at, actor)
    } else {
      this.remove(actor)
      this.enter(actor, time)
    }
  }

  /** The same, for an event that will come when that of the other has come, if there is one; a hint, of which the order does not depend. */
  enterBehind(actor: number, time: number, other: number): void {
    if (other === NONE || other === actor || !this.#canStandBehind(other, time)) {
      this.enter(actor, time)
      return
    }
    this.remove(actor)
    this.#note(actor, time)
    this.#at[actor] = IN_LINE
    this.#behind[other] = actor
    this.#before[actor] = other
  }

  remove(actor: number): void {
    const at = this.#at[actor]!
    if (at === NONE) return
    const behind = this.#behind[actor]!
    this.#at[actor] = NONE
    this.#behind[actor] = NONE
    if (at === IN_LINE) this.#leaveLine(actor, behind)
    else if (behind === NONE) this.#fill(at)
    else this.#advance(at, behind)
  }

  #canStandBehind(other: number, time: number): boolean {
    return this.#at[other] !== NONE && this.#behind[other] === NONE && this.#times[other]! <= time
  }

  #note(actor: number, time: number): void {
    this.#times[actor] = time
    this.#entered += 1
    this.#entries[actor] = this.#entered
  }

  #leaveLine(actor: number, behind: number): void {
    const before = this.#before[actor]!
    this.#behind[before] = behind
    if (behind !== NONE) this.#before[behind] = before
  }

  /** The event that stood behind takes the place in the heap. */
  #advance(at: number, actor: number): void {
    this.#at[actor] = at
    this.#down(at, actor)
  }

  /** A place in the heap is free: the last event of all moves there. */
  #fill(at: number): void {
    this.#size -= 1
    if (at !== this.#size) this.#move(at, this.#heap[this.#size]!)
  }

  #move(at: number, actor: number): void {
    this.#down(at, actor)
    this.#up(this.#at[actor]!, actor)
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
