import type { LockId, Side } from '../shared-memory/cpu.ts'
import type { CpuRecords } from '../shared-memory/records.ts'
import { HoldSample } from './hold-sample.ts'
import type { HoldWords } from './memory.ts'

const NOT_TIMED = -1

/** The place of a lock and side. */
export const placeOf = (lock: LockId, side: Side): number => lock * 2 + side

/**
 * How often a CPU takes each lock, how long it waits for it, and how long it holds it, which is timed for a part of the
 * holds. Compiled code takes and releases locks whose hold is not timed without a call: see `operations.ts`. So
 * acquisitions that were passed over are counted later, with the next that is timed.
 */
export class LockStatistics {
  readonly #words: HoldWords
  /** A CPU without a run times every hold. */
  readonly #sample: HoldSample | undefined
  /** By lock. */
  readonly #waitBeganNs: Float64Array
  /** By lock and side. */
  readonly #holdBeganNs: Float64Array
  #records: CpuRecords | undefined

  /** `seed`: of the sample; undefined: every hold is timed. */
  constructor(words: HoldWords, locks: number, seed: number | undefined) {
    this.#words = words
    this.#sample = seed === undefined ? undefined : new HoldSample(words, seed)
    this.#waitBeganNs = new Float64Array(locks)
    this.#holdBeganNs = new Float64Array(locks * 2).fill(NOT_TIMED)
  }

  /** From now on it is kept here; what was passed over so far belongs to the records before. */
  recordIn(records: CpuRecords | undefined): void {
    for (let place = 0; place < this.#holdBeganNs.length; place += 1) this.#count(place, 0)
    this.#records = records
  }

  waitBegins(lock: LockId, side: Side, ns: number): void {
    this.#records?.contended(lock, side)
    this.#waitBeganNs[lock] = ns
  }

  waitEnds(lock: LockId, side: Side, ns: number): void {
    this.#records?.waited(lock, side, ns - this.#waitBeganNs[lock]!)
  }

  /** Whether the hold that begins is not timed: then that is all. */
  passesOver(place: number): boolean {
    const { untimed } = this.#words
    if (!(untimed[place]! > 0)) return false
    untimed[place]! -= 1
    return true
  }

  holdBegins(place: number, ns: number): void {
    this.#count(place, 1)
    this.#words.isTimed[place] = 1
    this.#holdBeganNs[place] = ns
  }

  isTimed(place: number): boolean {
    return this.#words.isTimed[place] === 1
  }

  holdEnds(place: number, ns: number): void {
    const beganNs = this.#holdBeganNs[place]!
    this.#words.isTimed[place] = 0
    this.#holdBeganNs[place] = NOT_TIMED
    if (!(beganNs >= 0)) return
    this.#records?.held(place >> 1, place & 1, ns - beganNs)
    this.#sample?.took(place, beganNs, ns)
  }

  /** So many acquisitions, and those that were passed over since the last count. */
  #count(place: number, acquisitions: number): void {
    const { untimed, chosen } = this.#words
    const passedOver = chosen[place]! - untimed[place]!
    chosen[place] = untimed[place]!
    if (acquisitions + passedOver > 0) this.#records?.acquired(place >> 1, place & 1, acquisitions + passedOver)
  }
}
