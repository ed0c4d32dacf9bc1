import type { Gfn } from '../shared-memory/addresses.ts'
import { W } from '../shared-memory/page-tables/spte.ts'
import { type BurstPlan, Bursts } from './bursts.ts'
import { ExecutingAccesses, type ExecutingPlan } from './executing-accesses.ts'
import type { RecordedPace } from './pace.ts'
import { Random } from './random.ts'

/** The accesses of a vCPU's guest, as data that can be sent to a worker. */
export type AccessPlan =
  | {
      /** Touches a few hot gfns, and otherwise gfns of a region at random, forever. */
      readonly kind: 'touch'
      readonly hotGfns: readonly number[]
      /** The number of accesses to a hot gfn, per 1000. */
      readonly hotPerMille: number
      readonly firstGfn: number
      readonly pages: number
      readonly seed: number
      readonly everyNs: number
      readonly startNs: number
      /** Left out: it is always at work. */
      readonly bursts?: BurstPlan
    }
  | {
      /** Touches each gfn of a region once, in order, and ends. */
      readonly kind: 'sweep'
      readonly firstGfn: number
      readonly pages: number
      readonly everyNs: number
      readonly startNs: number
    }
  | {
      /** Touches recorded gfns at recorded times, or at a recorded pace. */
      readonly kind: 'recorded'
      /** Empty: one after the other as fast as they are served, over and over. */
      readonly atNs: Float64Array
      readonly gfns: Int32Array
      readonly startNs: number
      /** Stands above the times. */
      readonly pace?: RecordedPace
      /** The time to map each, in units of `map_spte`; 1 by default. */
      readonly mapUnits?: Float64Array
    }
  | ExecutingPlan

/** The accesses of one vCPU, one at a time: nothing is allocated on the way. */
export interface Accesses {
  readonly gfn: Gfn
  /** When it is due on the run's clock, or -1: as soon as the one before is done. */
  readonly atNs: number
  /** W, or X if the guest executes there. */
  readonly access: number
  /** Whether the gfn is in memory that can be a huge page, and is split and merged repeatedly. */
  readonly isRecoverable: boolean
  /** Whether the vCPU changes to another root before the access. */
  readonly leavesRoot: boolean
  /** The relative time to map the touched page: 1, unless a recording has another value. */
  readonly mapUnits: number
  /** Instead of `atNs`: which item of a pace it is. */
  readonly pace: RecordedPace | undefined
  readonly index: number
  /** Moves to the next access; false if there is none. */
  next(): boolean
}

/** The accesses of most guests: writes, in one role. */
class PlainAccesses {
  readonly access: number = W
  readonly isRecoverable: boolean = false
  readonly leavesRoot: boolean = false
  readonly pace: RecordedPace | undefined = undefined
  readonly index: number = 0
  readonly mapUnits: number = 1
}

class TouchAccesses extends PlainAccesses implements Accesses {
  gfn = 0 as Gfn
  atNs = -1
  readonly #plan: AccessPlan & { kind: 'touch' }
  readonly #random: Random
  readonly #hotGfns: Int32Array

  constructor(plan: AccessPlan & { kind: 'touch' }) {
    super()
    this.#plan = plan
    this.#random = new Random(plan.seed)
    this.#hotGfns = Int32Array.from(plan.hotGfns)
    if (plan.everyNs > 0) this.atNs = plan.startNs
  }

  next(): boolean {
    const { hotPerMille, firstGfn, pages, everyNs } = this.#plan
    const isHot = this.#random.below(1000) < hotPerMille
    const gfn = isHot ? this.#hotGfns[this.#random.below(this.#hotGfns.length)]! : firstGfn + this.#random.below(pages)
    this.gfn = gfn as Gfn
    if (everyNs > 0) this.atNs += everyNs
    return true
  }
}

/** The same in bursts, between which the vCPU halts. */
class BurstAccesses extends TouchAccesses {
  readonly #bursts: Bursts

  constructor(plan: AccessPlan & { kind: 'touch' }, bursts: BurstPlan) {
    super({ ...plan, everyNs: 0 })
    this.#bursts = new Bursts(bursts)
  }

  override next(): boolean {
    this.atNs = this.#bursts.nextDueNs()
    return super.next()
  }
}

class SweepAccesses extends PlainAccesses implements Accesses {
  gfn: Gfn
  atNs = -1
  readonly #end: number
  readonly #everyNs: number

  constructor(plan: AccessPlan & { kind: 'sweep' }) {
    super()
    this.gfn = (plan.firstGfn - 1) as Gfn
    this.#end = plan.firstGfn + plan.pages
    this.#everyNs = plan.everyNs
    if (plan.everyNs > 0) this.atNs = plan.startNs
  }

  next(): boolean {
    this.gfn = (this.gfn + 1) as Gfn
    if (this.#everyNs > 0) this.atNs += this.#everyNs
    return this.gfn < this.#end
  }
}

class RecordedAccesses extends PlainAccesses implements Accesses {
  gfn = 0 as Gfn
  atNs = 0
  override readonly pace: RecordedPace | undefined
  override index = -1
  override mapUnits = 1
  readonly #plan: AccessPlan & { kind: 'recorded' }

  constructor(plan: AccessPlan & { kind: 'recorded' }) {
    super()
    this.#plan = plan
    this.pace = plan.pace
  }

  next(): boolean {
    const { atNs, gfns, startNs, mapUnits } = this.#plan
    const isTimed = atNs.length > 0
    this.index += 1
    if (this.index >= gfns.length && !isTimed) this.index = 0
    if (this.index >= gfns.length) return false
    this.gfn = gfns[this.index]! as Gfn
    this.atNs = isTimed ? startNs + atNs[this.index]! : -1
    this.mapUnits = mapUnits?.[this.index] ?? 1
    return true
  }
}

export function accessesOf(plan: AccessPlan): Accesses {
  if (plan.kind === 'touch')
    return plan.bursts === undefined ? new TouchAccesses(plan) : new BurstAccesses(plan, plan.bursts)
  if (plan.kind === 'execute') return new ExecutingAccesses(plan)
  if (plan.kind === 'sweep') return new SweepAccesses(plan)
  return new RecordedAccesses(plan)
}
