import type { Hva } from '../shared-memory/addresses.ts'
import type { RecordedPace } from './pace.ts'
import { Random } from './random.ts'

/** The actions of a task that raises MMU notifiers, as data that can be sent to a worker. */
export type InvalidationPlan =
  | {
      /** One range, again and again. */
      readonly kind: 'repeat'
      readonly startHva: number
      readonly pages: number
      /** Between the end of one and the start of the next. */
      readonly pauseNs: number
      /** At a fixed rate instead; 0: as soon as the pause is over. */
      readonly everyNs: number
      readonly startNs: number
      /** Whether the VMM maps the range again before each of them (KVM_PRE_FAULT_MEMORY), so that there is something to zap. */
      readonly populate: boolean
    }
  | {
      /** A random one of several ranges. */
      readonly kind: 'pick'
      readonly ranges: readonly PickedRange[]
      readonly seed: number
      readonly pauseNs: number
      readonly everyNs: number
      readonly startNs: number
      /** How long the task is at work between start and end. */
      readonly dwellNs: number
      /** Whether each pair contains another one of the same range, as change_pmd_range() raises one when it splits a huge PMD. */
      readonly isNested: boolean
      /** Whether each ends only after another has begun, so that one is always in progress. */
      readonly overlaps: boolean
      /** Whether the VMM maps the range again before each of them. */
      readonly populate?: boolean
      /** How many of 1000 pairs may not block, as those of the OOM reaper. */
      readonly nonblockPerMille: number
    }
  | {
      /** Recorded ranges at recorded times, or at a recorded pace. */
      readonly kind: 'recorded'
      /** Empty: one after the other as fast as they are served, over and over. */
      readonly atNs: Float64Array
      readonly startHvas: Int32Array
      readonly endHvas: Int32Array
      readonly startNs: number
      /** Stands above the times. */
      readonly pace?: RecordedPace
    }

export type PickedRange = {
  readonly startHva: number
  readonly pages: number
  /** How many of 1000 invalidations have this range. The last range takes the rest. */
  readonly perMille: number
}

export interface Invalidations {
  readonly start: Hva
  readonly end: Hva
  /** When it is due on the run's clock, or -1: when `pauseNs` have passed. */
  readonly atNs: number
  readonly pauseNs: number
  readonly populate: boolean
  readonly dwellNs: number
  readonly isNested: boolean
  readonly overlaps: boolean
  readonly isBlockable: boolean
  /** Instead of `atNs`: which item of a pace it is. */
  readonly pace: RecordedPace | undefined
  readonly index: number
  next(): boolean
}

class RepeatedInvalidations implements Invalidations {
  readonly start: Hva
  readonly end: Hva
  readonly pauseNs: number
  readonly populate: boolean
  readonly dwellNs = 0
  readonly isNested = false
  readonly overlaps = false
  readonly isBlockable = true
  readonly pace = undefined
  readonly index = 0
  readonly #everyNs: number
  atNs = -1

  constructor(plan: InvalidationPlan & { kind: 'repeat' }) {
    this.start = plan.startHva as Hva
    this.end = (plan.startHva + plan.pages) as Hva
    this.pauseNs = plan.pauseNs
    this.populate = plan.populate
    this.#everyNs = plan.everyNs
    if (plan.everyNs > 0) this.atNs = plan.startNs
  }

  next(): boolean {
    if (this.#everyNs > 0) this.atNs += this.#everyNs
    return true
  }
}

class PickedInvalidations implements Invalidations {
  start = 0 as Hva
  end = 0 as Hva
  atNs = -1
  isBlockable = true
  readonly pace = undefined
  readonly index = 0
  readonly pauseNs: number
  readonly populate: boolean
  readonly dwellNs: number
  readonly isNested: boolean
  readonly overlaps: boolean
  readonly #plan: InvalidationPlan & { kind: 'pick' }
  readonly #random: Random

  constructor(plan: InvalidationPlan & { kind: 'pick' }) {
    this.#plan = plan
    this.#random = new Random(plan.seed)
    this.pauseNs = plan.pauseNs
    this.populate = plan.populate ?? false
    this.dwellNs = plan.dwellNs
    this.isNested = plan.isNested
    this.overlaps = plan.overlaps
    if (plan.everyNs > 0) this.atNs = plan.startNs
  }

  next(): boolean {
    const { ranges, everyNs, nonblockPerMille } = this.#plan
    let left = this.#random.below(1000)
    let index = 0
    while (index < ranges.length - 1 && left >= ranges[index]!.perMille) {
      left -= ranges[index]!.perMille
      index += 1
    }
    const { startHva, pages } = ranges[index]!
    this.start = startHva as Hva
    this.end = (startHva + pages) as Hva
    this.isBlockable = nonblockPerMille === 0 || this.#random.below(1000) >= nonblockPerMille
    if (everyNs > 0) this.atNs += everyNs
    return true
  }
}

class RecordedInvalidations implements Invalidations {
  start = 0 as Hva
  end = 0 as Hva
  atNs = 0
  readonly pauseNs = 0
  readonly populate = false
  readonly dwellNs = 0
  readonly isNested = false
  readonly overlaps = false
  readonly isBlockable = true
  readonly pace: RecordedPace | undefined
  index = -1
  readonly #plan: InvalidationPlan & { kind: 'recorded' }

  constructor(plan: InvalidationPlan & { kind: 'recorded' }) {
    this.#plan = plan
    this.pace = plan.pace
  }

  next(): boolean {
    const { atNs, startHvas, endHvas, startNs } = this.#plan
    const isTimed = atNs.length > 0
    this.index += 1
    if (this.index >= startHvas.length && !isTimed) this.index = 0
    if (this.index >= startHvas.length) return false
    this.start = startHvas[this.index]! as Hva
    this.end = endHvas[this.index]! as Hva
    this.atNs = isTimed ? startNs + atNs[this.index]! : -1
    return true
  }
}

export function invalidationsOf(plan: InvalidationPlan): Invalidations {
  if (plan.kind === 'repeat') return new RepeatedInvalidations(plan)
  return plan.kind === 'pick' ? new PickedInvalidations(plan) : new RecordedInvalidations(plan)
}
