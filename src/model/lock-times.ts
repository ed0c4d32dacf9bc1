import type { LockId, Side } from '../shared-memory/cpu.ts'
import type { Ledger } from './ledger.ts'

/**
 * Of each lock, next to one another: a thousand CPUs are more than the host's cache holds.
 *
 *   WAIT_BEGAN   when the CPU began to wait
 *   HOLD_BEGAN   when it got the lock, by side
 */
const WAIT_BEGAN = 0
const HOLD_BEGAN = 1
const FIELDS = 4

/** Numbers of each CPU: whole lines of the host's cache. */
export const lockTimes = (locks: number): number => Math.ceil((locks * FIELDS) / 8) * 8

/** How long one CPU waits for locks and holds them, for its records. Times are ps, those that are recorded ns. */
export class LockTimes {
  /** Locks that are held or waited for, as far as they are watched. */
  count = 0
  readonly #ledger: Ledger
  /** Of all CPUs, from #at on this one's. */
  readonly #began: Float64Array
  readonly #at: number

  constructor(ledger: Ledger, began: Float64Array, cpu: number) {
    this.#ledger = ledger
    this.#began = began
    this.#at = cpu * lockTimes(ledger.records.locks)
  }

  waitBegins(lock: LockId, side: Side, time: number): void {
    this.count += 1
    this.#ledger.records.contended(lock, side)
    this.#began[this.#at + lock * FIELDS + WAIT_BEGAN] = time
  }

  waitEnds(lock: LockId, side: Side, time: number): void {
    this.count -= 1
    this.#ledger.records.waited(lock, side, (time - this.#began[this.#at + lock * FIELDS + WAIT_BEGAN]!) / 1000)
  }

  holdBegins(lock: LockId, side: Side, time: number): void {
    this.count += 1
    this.#ledger.records.acquired(lock, side)
    this.#began[this.#at + lock * FIELDS + HOLD_BEGAN + side] = time
  }

  holdEnds(lock: LockId, side: Side, time: number): void {
    this.count -= 1
    this.#ledger.records.held(lock, side, (time - this.#began[this.#at + lock * FIELDS + HOLD_BEGAN + side]!) / 1000)
  }
}
