import type { Machine } from './machine.ts'
import type { Helped } from './pair/helped.ts'
import type { Reducer } from './reducer.ts'
import { type Bounds, type Counts, type Hooks, NO_HOOKS, type Outcome } from './search.ts'
import { Walk } from './walk.ts'

/**
 * Explores every relevant state, in rounds: a round in which an assumption turned out wrong is void, and the next one
 * begins with the knowledge so far. Without a reduction every actor is tried everywhere, which shows that the reduction
 * loses nothing.
 */
export class Exhaustion {
  readonly #walk: Walk
  readonly #hooks: Hooks
  readonly #helped: Helped | undefined

  /** `helped`: by another thread, if one comes. */
  constructor(machine: Machine, bounds: Bounds, reduction?: Reducer, hooks: Hooks = NO_HOOKS, helped?: Helped) {
    this.#hooks = hooks
    this.#helped = helped
    this.#walk = new Walk(machine, bounds, reduction, hooks)
  }

  get counts(): Counts {
    return this.#walk.counts
  }

  /** The way that was too long. */
  get deepest(): readonly number[] {
    return this.#walk.deepest
  }

  run(): Outcome {
    const walk = this.#walk
    for (;;) {
      walk.beginRound()
      this.#helped?.beginRound(walk)
      if (walk.start()) this.#round(walk)
      const isVoid = this.#helped === undefined ? walk.reduction?.isRefuted === true : this.#helped.settle()
      walk.endRound()
      if (walk.outcome.verdict !== 'PASS') return walk.outcome
      if (this.#helped?.found !== undefined) return this.#helped.found.outcome
      if (!isVoid) return walk.outcome
    }
  }

  /** Until nothing is left to do here, nor on the thread that helps. */
  #round(walk: Walk): void {
    this.#helped?.meet(walk)
    do {
      while (!this.#hooks.watch(() => walk.slice())) {
        this.#helped?.meet(walk)
        if (this.#helped?.found !== undefined) return
      }
    } while (walk.outcome.verdict === 'PASS' && !walk.isGivenUp && this.#helped?.findWork(walk))
  }
}
