import type { LockId, Side } from '../shared-memory/cpu.ts'
import type { Ledger } from './ledger.ts'

/** How long one CPU waits for locks and holds them, for its records. Times are ps, those that are recorded ns. */
export class LockTimes {
  /** Locks that are held or waited for, as far as they are watched. */
  count = 0
  readonly #ledger: Ledger
  readonly #waitBegan: Float64Array
  /** By lock and side. */
  readonly #holdBegan: Float64Array

  constructor(ledger: Ledger) {
    this.#ledger = ledger
    this.#waitBegan = new Float64Array(ledger.records.locks)
    this.#holdBegan = new Float64Array(ledger.records.locks * 2)
  }

  waitBegins(lock: LockId, side: Side, time: number): void {
    this.count += 1
    this.#ledger.records.contended(lock, side)
    this.#waitBegan[lock] = time
  }

  waitEnds(lock: LockId, side: Side, time: number): void {
    this.count -= 1
    this.#ledger.records.waited(lock, side, (time - this.#waitBegan[lock]!) / 1000)
  }

  holdBegins(lock: LockId, side: Side, time: number): void {
    this.count += 1
    this.#ledger.records.acquired(lock, side)
    this.#holdBegan[lock * 2 + side] = time
  }

  holdEnds(lock: LockId, side: Side, time: number): void {
    this.count -= 1
    this.#ledger.records.held(lock, side, (time - this.#holdBegan[lock * 2 + side]!) / 1000)
  }
}
