import type { Reducer } from '../reducer.ts'
import type { Outcome } from '../search.ts'
import type { Walk } from '../walk.ts'
import { OpenStates } from './open-states.ts'
import { Sharing } from './sharing.ts'
import { type Done, type Link, type Message, Side } from './side.ts'

/** Steps of a round before a helper may join: until then, most knowledge is new, and its assumptions would be wrong. */
export const ALONE = 1 << 16

/** A helper that was asked to stop answers at once; after this time without an answer it counts as lost. */
const SILENT_MS = 90_000

/** The helper's thread has ended unexpectedly. */
export class HelperLost extends Error {}

/** The side of the thread that began an exploration: it lets a helper in, and says when all is done. */
export class Helped {
  readonly #side: Side
  readonly #depth: number
  readonly #alone: number
  readonly #reduction: Reducer
  #sharing: Sharing | undefined
  /** The helper's finding, if it is not the end of a path, with the number of retries. */
  found: { readonly outcome: Outcome; readonly patience: number } | undefined
  #isOver = false

  /** `depth`: the longest possible path. `alone`: steps of a round before a helper may join. */
  constructor(link: Link, depth: number, reduction: Reducer, alone: number) {
    this.#alone = alone
    this.#reduction = reduction
    this.#side = new Side(link, 0)
    this.#depth = depth
  }

  /** Whether a helper has taken part. */
  get hasJoined(): boolean {
    return this.#sharing !== undefined
  }

  /** Between two slices of work. */
  meet(walk: Walk): void {
    if (this.#sharing === undefined) this.#letIn(walk)
    const sharing = this.#sharing
    if (sharing === undefined) return
    this.#listen(sharing)
    if (sharing.isFull || this.#side.grows) this.#grow(walk, sharing)
    sharing.tellNews()
    sharing.share()
  }

  #letIn(walk: Walk): void {
    const reduction = this.#reduction
    if (walk.steps < this.#alone || !this.#side.isReady) return
    const cells = reduction.share(walk.machine.memory.length)
    const helpers = new OpenStates()
    const kept = new OpenStates()
    const room = this.#depth + 2
    const open = [walk.open, helpers].map((states) => states.reserve(room))
    const begin = { table: walk.visited.buffer, cells, open, kept: kept.reserve(room), news: reduction.news() }
    walk.visited.share()
    this.#sharing = new Sharing(walk, reduction, this.#side, helpers, kept)
    walk.company = this.#sharing
    this.#side.send({ is: 'begin', begin })
  }

  /** There is nothing left to do here: waits until the helper has handed something over (true), or has nothing either. */
  findWork(walk: Walk): boolean {
    const sharing = this.#sharing
    if (sharing === undefined) return false
    this.#side.tellStates(walk.visited)
    this.#side.becomeIdle()
    let hasWork = false
    this.#side.waitUntil(() => {
      hasWork = this.#listen(sharing)
      if (hasWork) return true
      if (this.#side.grows) this.#grow(walk, sharing)
      sharing.tellNews()
      return this.#side.areBothIdle || this.#side.isStopped || walk.isOver()
    })
    return hasWork
  }

  /** Ends the helper's part of a round, and exchanges the knowledge of both; true if the round is void. */
  settle(): boolean {
    const sharing = this.#sharing
    if (sharing === undefined) return this.#reduction.isRefuted
    this.#side.isStopped = true
    const since = performance.now()
    this.#side.waitUntil(() => {
      if (performance.now() - since > SILENT_MS) throw new HelperLost()
      this.#listen(sharing)
      if (this.#side.grows) this.#side.grows = false
      return this.#side.isOtherIdle
    })
    this.#listen(sharing)
    let isRefuted = false
    do {
      this.#side.send({ is: 'settle', news: this.#reduction.news() })
      const { news, isRefuted: is } = this.#await('settled', sharing)
      this.#reduction.receive(news)
      isRefuted = is
    } while (this.#reduction.hasNews)
    return isRefuted || this.#reduction.isRefuted
  }

  beginRound(walk: Walk): void {
    if (this.#sharing === undefined) return
    walk.visited.share()
    this.#side.becomeBusy()
    this.#side.isStopped = false
    this.#side.isRefuted = false
    this.#side.send({ is: 'round', table: walk.visited.buffer })
  }

  /** Ends the exploration: returns the helper's result, if there was one. */
  end(): Done | undefined {
    const sharing = this.#sharing
    this.abandon()
    return sharing && this.#await('done', sharing).done
  }

  /** Lets the helper go. */
  abandon(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#side.isStopped = true
    this.#side.send({ is: 'over' })
  }

  #await<Is extends Message['is']>(is: Is, sharing: Sharing): Message & { readonly is: Is } {
    let found: Message | undefined
    const since = performance.now()
    this.#side.waitUntil(() => {
      if (performance.now() - since > SILENT_MS) throw new HelperLost()
      this.#refuseLost()
      for (let got = this.#side.receive(); got !== undefined; got = this.#side.receive()) {
        if (got.is === is) found = got
        else this.#receive(got, sharing)
      }
      return found !== undefined
    })
    return found as Message & { readonly is: Is }
  }

  #listen(sharing: Sharing): boolean {
    this.#refuseLost()
    let hasWork = false
    for (let got = this.#side.receive(); got !== undefined; got = this.#side.receive()) {
      hasWork = this.#receive(got, sharing) || hasWork
    }
    return hasWork
  }

  #receive(message: Message, sharing: Sharing): boolean {
    if (message.is === 'outcome') this.found = message
    return sharing.receive(message)
  }

  #refuseLost(): void {
    if (this.#side.isLost) throw new HelperLost()
  }

  /** The helper stands still, or has nothing to do, while the states are moved. */
  #grow(walk: Walk, sharing: Sharing): void {
    this.#side.grows = true
    this.#side.waitUntil(() => {
      this.#refuseLost()
      return this.#side.stands || this.#side.isOtherIdle
    })
    if (sharing.isFull) walk.visited.grow()
    this.#side.send({ is: 'table', table: walk.visited.buffer })
    this.#side.grows = false
    this.#side.waitUntil(() => {
      this.#refuseLost()
      return !this.#side.stands
    })
  }
}
