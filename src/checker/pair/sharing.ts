import type { Reducer } from '../reducer.ts'
import type { Walk } from '../walk.ts'
import type { Company } from './company.ts'
import type { OpenStates } from './open-states.ts'
import type { Message, Side } from './side.ts'

/** Polls that pass after there was too little to hand over, so that it is not asked for at every turn. */
const PATIENCE = 16

/** The part common to two threads that explore together: they exchange knowledge, and share the remaining work. */
export class Sharing implements Company {
  readonly #walk: Walk
  readonly #reduction: Reducer
  readonly #side: Side
  readonly #openElsewhere: OpenStates
  /** States below which either has left something to the other: open until that is done. Only written while the other is idle. */
  readonly #kept: OpenStates
  #pause = 0

  constructor(walk: Walk, reduction: Reducer, side: Side, openElsewhere: OpenStates, kept: OpenStates) {
    this.#walk = walk
    this.#reduction = reduction
    this.#side = side
    this.#openElsewhere = openElsewhere
    this.#kept = kept
  }

  serve(): boolean {
    const side = this.#side
    side.tellStates(this.#walk.visited)
    if (side.isStopped || side.grows || this.isFull) return true
    this.share()
    return false
  }

  get isFull(): boolean {
    return this.#walk.visited.isFull(this.#side.storedElsewhere)
  }

  get isRefuted(): boolean {
    return this.#side.isRefuted
  }

  get states(): number {
    return this.#side.statesElsewhere
  }

  get steps(): number {
    return this.#side.helperSteps
  }

  isOpen(low: number, high: number): boolean {
    return this.#openElsewhere.has(low, high) || this.#kept.has(low, high)
  }

  tellNews(): void {
    if (this.#reduction.hasNews) this.#side.send({ is: 'news', news: this.#reduction.news() })
  }

  /** Gives half of the remaining work to the other thread, if that has none. */
  share(): void {
    if (!this.#side.isOtherIdle) return
    if (this.#pause > 0) {
      this.#pause -= 1
      return
    }
    this.tellNews()
    const work = this.#walk.split()
    if (work === undefined) {
      this.#pause = PATIENCE
      return
    }
    // The other is idle: all that is still open lies on the way here, so nothing else has to be kept.
    this.#kept.takeFirstOf(this.#walk.open, work.todo.length)
    this.#side.giveWork(work)
  }

  /** Handles a message that either thread may receive; true if it was work. */
  receive(message: Message): boolean {
    if (message.is === 'news') this.#reduction.receive(message.news)
    if (message.is === 'work') this.#walk.adopt(message.work)
    return message.is === 'work'
  }
}
