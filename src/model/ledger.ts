import { COUNTERS } from '../protocols/counters.ts'
import type { CpuRecords } from '../shared-memory/records.ts'
import { BLAME, BLAMES } from './blame.ts'

/** The time of a run, by which a CPU knows whether it is measured, and whether all is over. ps. */
export type Phases = {
  readonly measureFrom: number
  measureUntil: number
  isOver: boolean
  /** One more CPU is no longer measured. */
  readonly drained: () => void
}

const WARMUP = 0
const MEASURE = 1
const DRAIN = 2

/** Counters that tell what a CPU is at. */
const IS_ATTEMPT = 1
const IS_RETRY = 2
const IS_YIELD = 3
const MEANING = Uint8Array.from(COUNTERS, (name) => {
  if (name === 'pf_taken') return IS_ATTEMPT
  if (name.startsWith('retry_')) return IS_RETRY
  return name === 'yield_needbreak' || name === 'yield_need_resched' ? IS_YIELD : 0
})

/** ps: in all; and of the attempt that goes on, when it began and what was blocked in all by then. */
const IN_ALL = BLAMES.length
const ATTEMPT_BEGAN = BLAMES.length + 1
const BLOCKED_AT_ATTEMPT = BLAMES.length + 2
const FIELDS = 3
const NO_ATTEMPT = -1

/** What one CPU recorded, and what its time went into. */
export class Ledger {
  /** ps by what is to blame, and behind them the fields below. */
  readonly #blocked = new Float64Array(BLAMES.length + FIELDS)
  /** ps in which it was measured. */
  began = 0
  ended = 0
  /** mmu_lock was yielded, and is not had back yet. */
  isYielding = false
  readonly #measured: CpuRecords
  readonly #unmeasured: CpuRecords
  readonly #phases: Phases
  readonly #blockedBefore = new Float64Array(BLAMES.length)
  records: CpuRecords
  #phase = WARMUP

  constructor(measured: CpuRecords, unmeasured: CpuRecords, phases: Phases) {
    this.#measured = measured
    this.#unmeasured = unmeasured
    this.#phases = phases
    this.records = unmeasured
    this.#blocked[ATTEMPT_BEGAN] = NO_ATTEMPT
  }

  /** So many ps more that this is to blame for. */
  blame(blame: number, time: number): void {
    this.#blocked[blame]! += time
    this.#blocked[IN_ALL]! += time
  }

  /** A property that is violated in the warm-up is violated. */
  violation(oracle: number, value: number): void {
    this.#measured.violation(oracle, value)
  }

  /** Enters the phase of the time; false once the run is over. */
  running(clock: number): boolean {
    const phases = this.#phases
    if (this.#phase === WARMUP && clock >= phases.measureFrom) this.#measure(clock)
    if (this.#phase === MEASURE && clock >= phases.measureUntil) this.#drain(clock)
    return !phases.isOver
  }

  /** The role has nothing left to do. */
  roleEnded(clock: number): void {
    if (this.#phase === WARMUP) this.#measure(clock)
    if (this.#phase === MEASURE) this.#drain(clock)
  }

  count(counter: number, by: number, clock: number): void {
    this.records.counters[counter]! += by
    const meaning = MEANING[counter]!
    if (meaning !== 0) this.#understand(meaning, clock)
  }

  countHighest(counter: number, value: number): void {
    const { counters } = this.records
    if (value > counters[counter]!) counters[counter] = value
  }

  /** ps by what is to blame, of the window. */
  get blockedInWindow(): Float64Array {
    return this.#blockedBefore
  }

  #measure(clock: number): void {
    this.#phase = MEASURE
    this.began = clock
    this.records = this.#measured
    this.#blockedBefore.set(this.#blocked.subarray(0, BLAMES.length))
  }

  #drain(clock: number): void {
    this.#phase = DRAIN
    this.ended = clock
    this.records = this.#unmeasured
    const before = this.#blockedBefore
    for (let blame = 0; blame < before.length; blame += 1) before[blame] = this.#blocked[blame]! - before[blame]!
    this.#phases.drained()
  }

  #understand(meaning: number, clock: number): void {
    if (meaning === IS_YIELD) {
      this.isYielding = true
    } else if (meaning === IS_ATTEMPT) {
      this.#blocked[ATTEMPT_BEGAN] = clock
      this.#blocked[BLOCKED_AT_ATTEMPT] = this.#blocked[IN_ALL]!
    } else if (this.#blocked[ATTEMPT_BEGAN]! !== NO_ATTEMPT) {
      const blocked = this.#blocked[IN_ALL]! - this.#blocked[BLOCKED_AT_ATTEMPT]!
      this.blame(BLAME.retry, Math.max(0, clock - this.#blocked[ATTEMPT_BEGAN]! - blocked))
      // A notifier that maps in advance retries too, but was in no fault.
      this.#blocked[ATTEMPT_BEGAN] = NO_ATTEMPT
    }
  }
}
