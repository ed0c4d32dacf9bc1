import { COUNTERS } from '../protocols/counters.ts'
import type { CpuRecords, Records } from '../shared-memory/records.ts'
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

/** ps: in all; of the attempt that goes on, when it began and what was blocked in all by then; when it was measured first and last. */
const IN_ALL = BLAMES.length
const ATTEMPT_BEGAN = BLAMES.length + 1
const BLOCKED_AT_ATTEMPT = BLAMES.length + 2
const BEGAN = BLAMES.length + 3
const ENDED = BLAMES.length + 4
const FIELDS = 5
const NO_ATTEMPT = -1

/** Numbers of each CPU: whole lines of the host's cache. */
export const LEDGER = Math.ceil((BLAMES.length + FIELDS) / 8) * 8

/**
 * What one CPU recorded, and what its time went into. Its numbers lie in arrays of all CPUs, from a place on that is its own: with a
 * thousand CPUs, arrays of its own would not be in the host's cache when it acts again.
 */
export class Ledger {
  /** Of all CPUs, from #at on this one's: ps by what is to blame, and behind them the fields above. */
  readonly #blocked: Float64Array
  readonly #at: number
  /** mmu_lock was yielded, and is not had back yet. */
  isYielding = false
  /** How often its role asked whether the run goes on, after its own window. */
  afterEnd = 0
  readonly #phases: Phases
  #phase = WARMUP
  /** The counters of all CPUs, or those of what is not measured, and where they begin for this one. */
  #counters: Int32Array
  #countersAt = 0
  /** The same of the statistics of locks. */
  locks: Float64Array
  locksAt = 0
  /** Has the histograms. */
  recorder: CpuRecords
  readonly #measured: Records
  readonly #unmeasured: Records
  readonly #cpu: number
  readonly #blockedBefore = new Float64Array(BLAMES.length)

  /** `unmeasured`: those of a single CPU. */
  constructor(measured: Records, unmeasured: Records, phases: Phases, blocked: Float64Array, cpu: number) {
    this.#phases = phases
    this.#blocked = blocked
    this.#at = cpu * LEDGER
    this.#counters = unmeasured.counts
    this.locks = unmeasured.exact
    this.recorder = unmeasured.of(0)
    this.#measured = measured
    this.#unmeasured = unmeasured
    this.#cpu = cpu
    blocked[this.#at + ATTEMPT_BEGAN] = NO_ATTEMPT
    this.#recordIn(unmeasured, 0)
  }

  /** ps from which on it was measured. */
  get began(): number {
    return this.#blocked[this.#at + BEGAN]!
  }

  /** ps until which it was measured. */
  get ended(): number {
    return this.#blocked[this.#at + ENDED]!
  }

  /** So many ps more that this is to blame for. */
  blame(blame: number, time: number): void {
    const blocked = this.#blocked
    const at = this.#at
    blocked[at + blame]! += time
    blocked[at + IN_ALL]! += time
  }

  /** A property that is violated in the warm-up is violated. */
  violation(oracle: number, value: number): void {
    this.#measured.of(this.#cpu).violation(oracle, value)
  }

  /** Enters the phase of the time; false once the run is over. */
  running(clock: number): boolean {
    const phases = this.#phases
    if (this.#phase === WARMUP && clock >= phases.measureFrom) this.#measure(clock)
    if (this.#phase === MEASURE && clock >= phases.measureUntil) this.#drain(clock)
    else if (this.#phase === DRAIN) this.afterEnd += 1
    return !phases.isOver
  }

  /** The role has nothing left to do. */
  roleEnded(clock: number): void {
    if (this.#phase === WARMUP) this.#measure(clock)
    if (this.#phase === MEASURE) this.#drain(clock)
  }

  count(counter: number, by: number, clock: number): void {
    this.#counters[this.#countersAt + counter]! += by
    const meaning = MEANING[counter]!
    if (meaning !== 0) this.#understand(meaning, clock)
  }

  countHighest(counter: number, value: number): void {
    const at = this.#countersAt + counter
    if (value > this.#counters[at]!) this.#counters[at] = value
  }

  /** ps by what is to blame, of the window. */
  get blockedInWindow(): Float64Array {
    return this.#blockedBefore
  }

  #measure(clock: number): void {
    this.#phase = MEASURE
    this.#blocked[this.#at + BEGAN] = clock
    this.#recordIn(this.#measured, this.#cpu)
    this.#blockedBefore.set(this.#blocked.subarray(this.#at, this.#at + BLAMES.length))
  }

  #drain(clock: number): void {
    this.#phase = DRAIN
    this.#blocked[this.#at + ENDED] = clock
    this.#recordIn(this.#unmeasured, 0)
    const before = this.#blockedBefore
    for (let blame = 0; blame < before.length; blame += 1)
      before[blame] = this.#blocked[this.#at + blame]! - before[blame]!
    this.#phases.drained()
  }

  #recordIn(records: Records, cpu: number): void {
    this.#counters = records.counts
    this.#countersAt = records.countersAt(cpu)
    this.locks = records.exact
    this.locksAt = records.locksAt(cpu)
    this.recorder = records.recorderOf(cpu)
  }

  #understand(meaning: number, clock: number): void {
    const blocked = this.#blocked
    const at = this.#at
    if (meaning === IS_YIELD) {
      this.isYielding = true
    } else if (meaning === IS_ATTEMPT) {
      blocked[at + ATTEMPT_BEGAN] = clock
      blocked[at + BLOCKED_AT_ATTEMPT] = blocked[at + IN_ALL]!
    } else if (blocked[at + ATTEMPT_BEGAN]! !== NO_ATTEMPT) {
      const meanwhile = blocked[at + IN_ALL]! - blocked[at + BLOCKED_AT_ATTEMPT]!
      this.blame(BLAME.retry, Math.max(0, clock - blocked[at + ATTEMPT_BEGAN]! - meanwhile))
      // A notifier that maps in advance retries too, but was in no fault.
      blocked[at + ATTEMPT_BEGAN] = NO_ATTEMPT
    }
  }
}
