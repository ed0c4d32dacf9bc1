import type { LockId, Side } from '../shared-memory/cpu.ts'
import { countAcquisition, countContention } from '../shared-memory/records.ts'
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

/** How long CPUs wait for locks and hold them, for their records. One object for all CPUs. Times are ps, those that are recorded ns. */
export class LockTimes {
  /** By CPU: locks that are held or waited for, as far as they are watched. */
  readonly #counts: Int16Array
  readonly #began: Float64Array
  /** Numbers of each CPU: whole lines of the host's cache. */
  readonly #stride: number

  constructor(cpus: number, locks: number) {
    this.#counts = new Int16Array(cpus)
    this.#stride = Math.ceil((locks * FIELDS) / 8) * 8
    this.#began = new Float64Array(cpus * this.#stride)
  }

  /** How many locks the CPU holds or waits for. */
  count(cpu: number): number {
    return this.#counts[cpu]!
  }

  waitBegins(cpu: number, { locks, locksAt }: Ledger, lock: LockId, side: Side, time: number): void {
    this.#counts[cpu]! += 1
    countContention(locks, locksAt, lock, side)
    this.#began[cpu * this.#stride + lock * FIELDS + WAIT_BEGAN] = time
  }

  waitEnds(cpu: number, { recorder, locks, locksAt }: Ledger, lock: LockId, side: Side, time: number): void {
    this.#counts[cpu]! -= 1
    const began = this.#began[cpu * this.#stride + lock * FIELDS + WAIT_BEGAN]!
    recorder.waitedIn(locks, locksAt, lock, side, (time - began) / 1000)
  }

  holdBegins(cpu: number, { locks, locksAt }: Ledger, lock: LockId, side: Side, time: number): void {
    this.#counts[cpu]! += 1
    countAcquisition(locks, locksAt, lock, side)
    this.#began[cpu * this.#stride + lock * FIELDS + HOLD_BEGAN + side] = time
  }

  holdEnds(cpu: number, { recorder, locks, locksAt }: Ledger, lock: LockId, side: Side, time: number): void {
    this.#counts[cpu]! -= 1
    const began = this.#began[cpu * this.#stride + lock * FIELDS + HOLD_BEGAN + side]!
    recorder.heldIn(locks, locksAt, lock, side, (time - began) / 1000)
  }
}
