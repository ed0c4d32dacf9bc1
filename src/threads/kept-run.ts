import type { RunResult } from '../workers/run-result.ts'
import { type Measure, type RunOptions, run } from './run.ts'

/** From one window to the next, for the caches: the leader begins the window with its next operation. */
const REWARM_MS = 10

type Order = { readonly warmupMs: number; readonly resolve: (ran: RunResult) => void }

/** A run whose workers are kept for several windows, and parked between. */
export class KeptRun {
  readonly #running: Promise<RunResult>
  readonly #warmupMs: number
  #give: (order: Order | undefined) => void = () => {}
  #next = this.#order()
  #isWarm = false

  constructor(options: RunOptions) {
    this.#warmupMs = options.warmupMs
    this.#running = run({ ...options, windows: (measure) => this.#serve(measure) })
    // `measure()` and `end()` reject with the failure.
    this.#running.catch(() => {})
  }

  /** The next window; rejects if the run fails. The first is warmed up as a run of one window is. */
  async measure(): Promise<RunResult> {
    const warmupMs = this.#isWarm ? REWARM_MS : this.#warmupMs
    this.#isWarm = true
    const measured = new Promise<RunResult>((resolve) => this.#give({ warmupMs, resolve }))
    return await Promise.race([measured, this.#running])
  }

  /** Lets the roles return; gives what was recorded since the last window, such as violations. */
  async end(): Promise<RunResult> {
    this.#give(undefined)
    return await this.#running
  }

  async #serve(measure: Measure): Promise<void> {
    for (;;) {
      const order = await this.#next
      if (order === undefined) return
      this.#next = this.#order()
      const ran = await measure(order.warmupMs)
      // The run itself says why.
      if (ran === undefined) return
      order.resolve(ran)
    }
  }

  #order(): Promise<Order | undefined> {
    return new Promise((resolve) => {
      this.#give = resolve
    })
  }
}
