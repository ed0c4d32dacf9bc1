import type { Window } from '../workers/run-result.ts'
import { type Control, PARK } from './control.ts'

/** A window of each worker, on a line of its own: begin, end, and what the scheduler did. */
const STRIDE = 16
const FIELDS = 5
/** How long a leader waits for the others at the end of a window: their operations take microseconds. */
const LEADER_WAITS_MS = 2

export const keptWindows = (cpus: number): Float64Array<SharedArrayBuffer> =>
  new Float64Array(new SharedArrayBuffer(cpus * STRIDE * 8))

/** The last window of a worker, once it is parked. */
export function keptWindow(windows: Float64Array, cpu: number): Window {
  const [beganNs, endedNs, runNs, waitNs, slices] = windows.subarray(cpu * STRIDE) as unknown as number[]
  return { beganNs: beganNs!, endedNs: endedNs!, schedstat: { runNs: runNs!, waitNs: waitNs!, slices: slices! } }
}

/** A worker's side of being kept for several windows. */
export class KeptWorker {
  readonly #control: Control
  readonly #window: Float64Array
  readonly #after: number

  /** `after`: how many others park before it. */
  constructor(control: Control, windows: Float64Array, cpu: number, after: number) {
    this.#control = control
    this.#window = windows.subarray(cpu * STRIDE, cpu * STRIDE + FIELDS)
    this.#after = after
  }

  /** Says what its window was. Published by the count of parked workers. */
  closed({ beganNs, endedNs, schedstat }: Window): void {
    this.#window.set([beganNs, endedNs, schedstat.runNs, schedstat.waitNs, schedstat.slices])
  }

  /** The leader's next operation is long: it waits for the phase in which all park, rather than to play it for nothing. */
  leadsToPark(): void {
    const untilMs = performance.now() + LEADER_WAITS_MS
    while (this.#control.phase < PARK && performance.now() < untilMs);
  }

  /** Waits for the next window, or the end. False: it must play on, as those that park before it may wait for an answer of its. */
  park(): boolean {
    if (this.#control.parked < this.#after) return false
    this.#control.park()
    return true
  }
}
