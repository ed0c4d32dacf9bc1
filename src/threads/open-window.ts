import type { Schedstat, Window } from '../workers/run-result.ts'
import { readSchedstat, schedstatSince } from './schedstat.ts'

/** An open window. A separate object: if these were fields of the CPU, a write would change the CPU's shape. */
export class OpenWindow {
  readonly #times = new Float64Array(2)
  #schedstat: Schedstat = { runNs: 0, waitNs: 0, slices: 0 }

  begin(ns: number): void {
    this.#times[0] = ns
    this.#schedstat = readSchedstat()
  }

  end(ns: number): void {
    this.#times[1] = ns
    this.#schedstat = schedstatSince(this.#schedstat)
  }

  closed(): Window {
    return { beganNs: this.#times[0]!, endedNs: this.#times[1]!, schedstat: this.#schedstat }
  }
}
