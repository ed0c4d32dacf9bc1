import type { Hva } from '../shared-memory/addresses.ts'

/** What a task that raises MMU notifiers does, as data that can be sent to a worker. */
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
      /** Whether the VMM maps the range back before each of them (KVM_PRE_FAULT_MEMORY), so that there is something to zap. */
      readonly populate: boolean
    }
  | {
      /** Recorded ranges at recorded times. */
      readonly kind: 'recorded'
      /** Empty: one after the other as fast as they are served, over and over. */
      readonly atNs: Float64Array
      readonly startHvas: Int32Array
      readonly endHvas: Int32Array
      readonly startNs: number
    }

export interface Invalidations {
  readonly start: Hva
  readonly end: Hva
  /** When it is due on the run's clock, or -1: when `pauseNs` have passed. */
  readonly atNs: number
  readonly pauseNs: number
  readonly populate: boolean
  next(): boolean
}

class RepeatedInvalidations implements Invalidations {
  readonly start: Hva
  readonly end: Hva
  readonly pauseNs: number
  readonly populate: boolean
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

class RecordedInvalidations implements Invalidations {
  start = 0 as Hva
  end = 0 as Hva
  atNs = 0
  readonly pauseNs = 0
  readonly populate = false
  readonly #plan: InvalidationPlan & { kind: 'recorded' }
  #index = -1

  constructor(plan: InvalidationPlan & { kind: 'recorded' }) {
    this.#plan = plan
  }

  next(): boolean {
    const { atNs, startHvas, endHvas, startNs } = this.#plan
    const isTimed = atNs.length > 0
    this.#index += 1
    if (this.#index >= startHvas.length && !isTimed) this.#index = 0
    if (this.#index >= startHvas.length) return false
    this.start = startHvas[this.#index]! as Hva
    this.end = endHvas[this.#index]! as Hva
    this.atNs = isTimed ? startNs + atNs[this.#index]! : -1
    return true
  }
}

export function invalidationsOf(plan: InvalidationPlan): Invalidations {
  return plan.kind === 'repeat' ? new RepeatedInvalidations(plan) : new RecordedInvalidations(plan)
}
