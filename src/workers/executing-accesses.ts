import type { Gfn } from '../shared-memory/addresses.ts'
import { W, X } from '../shared-memory/page-tables/spte.ts'
import type { Accesses } from './accesses.ts'
import { Random } from './random.ts'

/** A piece of guest memory. */
type Region = { readonly firstGfn: number; readonly pages: number }

/** A guest that writes and executes in memory that could be huge pages, and otherwise sweeps through fresh memory. */
export type ExecutingPlan = {
  readonly kind: 'execute'
  /** Memory that could be huge pages: the guest's own, and a nested guest's, accessed at random, forever. */
  readonly own: readonly Region[]
  readonly nested: Region
  /** How many gfns of a block of 2 MiB are touched, from the first on: 512. */
  readonly touched: number
  /** Each gfn once, in order; the plan ends with them. */
  readonly fresh: Region
  /** Per 1000 accesses, those to memory that could be huge; per 1000 of these, those that execute, and those of a nested guest. */
  readonly recoverablePerMille: number
  readonly executePerMille: number
  readonly nestedPerMille: number
  /** The vCPU switches to the next root after this many accesses; 0: never. */
  readonly leaveRootEvery: number
  readonly seed: number
}

const BLOCK = 512

export class ExecutingAccesses implements Accesses {
  gfn = 0 as Gfn
  readonly atNs = -1
  access: number = W
  isRecoverable = false
  leavesRoot = false
  readonly pace = undefined
  readonly index = 0
  readonly mapUnits = 1
  readonly #plan: ExecutingPlan
  readonly #random: Random
  #fresh: number
  #untilLeave: number

  constructor(plan: ExecutingPlan) {
    this.#plan = plan
    this.#random = new Random(plan.seed)
    this.#fresh = plan.fresh.firstGfn
    this.#untilLeave = plan.leaveRootEvery
  }

  next(): boolean {
    this.#untilLeave -= 1
    this.leavesRoot = this.#untilLeave === 0
    if (this.leavesRoot) this.#untilLeave = this.#plan.leaveRootEvery
    this.isRecoverable = this.#random.below(1000) < this.#plan.recoverablePerMille
    if (this.isRecoverable) return this.#nextRecoverable()
    this.access = W
    this.gfn = this.#fresh as Gfn
    this.#fresh += 1
    return this.gfn < this.#plan.fresh.firstGfn + this.#plan.fresh.pages
  }

  #nextRecoverable(): boolean {
    const { own, nested, nestedPerMille, executePerMille, touched } = this.#plan
    const isNested = this.#random.below(1000) < nestedPerMille
    const { firstGfn, pages } = isNested ? nested : own[this.#random.below(own.length)]!
    this.access = this.#random.below(1000) < executePerMille ? X : W
    this.gfn = (firstGfn + this.#random.below(pages / BLOCK) * BLOCK + this.#random.below(touched)) as Gfn
    return true
  }
}
