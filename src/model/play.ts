import type { Op } from '../shared-memory/op.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { PAUSED } from './cpu.ts'

/**
 * What one CPU plays. In the flat build the loop of a role does not go through the steps of an operation, but yields the operation
 * (builds/flat.ts): whenever the CPU goes on the operation alone is resumed, and the loop when it is over.
 */
export class Play {
  #steps: Steps<unknown> | undefined
  readonly #loops: Steps<unknown>[] = []

  begin(steps: Steps<unknown>): void {
    this.#steps = steps
  }

  /** Not begun, or at its end. */
  get isOver(): boolean {
    return this.#steps === undefined
  }

  /** Goes on until the CPU pauses, or there is nothing left to do. */
  resume(): void {
    let result: IteratorResult<Op | Steps<unknown>, unknown> = this.#steps!.next(0)
    while (result !== PAUSED) {
      if (result.done) {
        this.#steps = this.#loops.pop()
        if (this.#steps === undefined) return
      } else {
        this.#loops.push(this.#steps!)
        this.#steps = result.value as Steps<unknown>
      }
      result = this.#steps.next(0)
    }
  }
}
