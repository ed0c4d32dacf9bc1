import type { Group, PlannedTrial } from './plan.ts'
import type { Run } from './result.ts'

/** A point of a plan: a group to run, or the runs that an earlier result has of it. */
export type Part = {
  readonly group: Group
  readonly schedule: readonly PlannedTrial[]
  /** Its runs, if an earlier result has them. */
  readonly there: readonly Run[] | undefined
}

/** The properties that decide when a part may begin. */
type Turn = Pick<Part, 'group'> & Partial<Pick<Part, 'there'>>

/**
 * Begins modelled parts before their turn, so that no core waits for the last run of a part. Never past a part that is measured, which
 * has the host to itself.
 */
export class Ahead<P extends Turn, R> {
  readonly #parts: readonly P[]
  readonly #most: number
  readonly #play: (part: P) => Promise<R>
  readonly #begun = new Map<number, Promise<R>>()
  #next = 0

  constructor(parts: readonly P[], most: number, play: (part: P) => Promise<R>) {
    this.#parts = parts
    this.#most = most
    this.#play = play
  }

  hasBegun(index: number): boolean {
    return this.#begun.has(index)
  }

  /** The result of a part; call in the order of the parts. */
  async take(index: number): Promise<R> {
    const part = this.#parts[index]!
    if (part.group.modelled === undefined) return await this.#play(part)
    this.#begin(index)
    const runs = await this.#begun.get(index)!
    this.#begun.delete(index)
    return runs
  }

  #begin(from: number): void {
    this.#next = Math.max(this.#next, from)
    for (; this.#next < this.#parts.length && this.#begun.size < this.#most; this.#next += 1) {
      const part = this.#parts[this.#next]!
      if (part.there !== undefined) continue
      if (part.group.modelled === undefined) return
      const runs = this.#play(part)
      // Its failure is reported when its turn comes, and not at all if an earlier part ends the plan.
      runs.catch(() => {})
      this.#begun.set(this.#next, runs)
    }
  }
}
