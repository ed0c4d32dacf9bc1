import type { ActorRun } from './actor-run.ts'
import type { Frames } from './tracing/frames.ts'

/** Runs that are kept; each has a system of its own, such as a VM. */
const MOST = 16

/** A run of an actor that stands before the instruction of a node. */
type Parked = { readonly node: number; readonly run: ActorRun; readonly frames: Frames }

/**
 * Suspended runs of one actor. A generator cannot be copied, but a search often returns to a path on which an earlier run
 * stands: to continue that one saves a new one from the start.
 */
export class ParkedRuns {
  /** The oldest first. */
  readonly #runs: Parked[] = []

  /** Returns the run that is given up for it, if there is one. */
  park(parked: Parked): ActorRun | undefined {
    const given = this.#runs.length === MOST ? this.#runs.shift()!.run : undefined
    this.#runs.push(parked)
    return given
  }

  /** Hands over the run that stands farthest along a path, and `at`, the index of its node there; undefined if none stands on it. */
  takeUp(path: readonly number[]): (Parked & { readonly at: number }) | undefined {
    let best = -1
    let at = -1
    for (let index = 0; index < this.#runs.length; index += 1) {
      const place = path.lastIndexOf(this.#runs[index]!.node)
      if (place <= at) continue
      best = index
      at = place
    }
    if (best === -1) return undefined
    const [parked] = this.#runs.splice(best, 1)
    return { ...parked!, at }
  }
}
