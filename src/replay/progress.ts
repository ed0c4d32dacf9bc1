/** Faults of one task on one gfn, one after the other, with no SPTE between. */
export type Run = {
  readonly gfn: number
  readonly faults: number
  /** Those among them with no invalidation since the one before; and how many other gfns the task began to fault on meanwhile. */
  readonly quiet: number
  readonly others: number
  readonly firstNs: number
  readonly lastNs: number
  /** Whether an SPTE for the gfn ended it; if not, it lasted until the trace ended or the task moved on. */
  readonly answered: boolean
  /** mmu_invalidate_seq and mmu_invalidate_in_progress of the first and the last fault, where the kernel prints them. */
  readonly seq: readonly [string, string] | undefined
  readonly inProgress: readonly [string, string] | undefined
}

type Slot = {
  gfn: number
  faults: number
  quiet: number
  others: number
  seen: number
  firstNs: number
  lastNs: number
  first: State
  last: State
}
type State = { readonly seq: string; readonly inProgress: string } | undefined

/** The number of gfns that are watched at once: an instruction may touch two pages on either side of its code. */
const SLOTS = 4
/** Shorter runs are just a retry or two. */
const MIN_RUN = 16
const MAX_RUNS = 64

/** Watches whether one task gets any further: which gfns it faults on again and again. */
export class Progress {
  /** Faults on a gfn that the task had faulted on before, with no SPTE between. */
  repeats = 0
  /** Those among them with no invalidation between either. */
  quietRepeats = 0
  readonly #slots: Slot[] = []
  readonly #runs: Run[] = []

  /** `state` of the invalidations, where the kernel prints it; `seen`: how many there had been. */
  faulted(gfn: number, atNs: number, state: State, seen: number): void {
    const slots = this.#slots
    for (let at = 0; at < slots.length; at += 1) {
      const slot = slots[at]!
      if (slot.gfn !== gfn) continue
      slot.faults += 1
      slot.lastNs = atNs
      slot.last = state
      this.repeats += 1
      if (slot.seen === seen) {
        slot.quiet += 1
        this.quietRepeats += 1
      }
      slot.seen = seen
      return
    }
    for (const slot of slots) slot.others += 1
    const slot: Slot = {
      gfn,
      faults: 1,
      quiet: 0,
      others: 0,
      seen,
      firstNs: atNs,
      lastNs: atNs,
      first: state,
      last: state,
    }
    if (slots.length < SLOTS) {
      slots.push(slot)
      return
    }
    let oldest = 0
    for (let at = 1; at < SLOTS; at += 1) if (slots[at]!.lastNs < slots[oldest]!.lastNs) oldest = at
    this.#end(slots[oldest]!, false)
    slots[oldest] = slot
  }

  /** An SPTE of the gfns [gfn, gfn + pages) was set, or found to be as it should be. */
  answered(gfn: number, pages: number): void {
    const slots = this.#slots
    for (let at = slots.length - 1; at >= 0; at -= 1) {
      const slot = slots[at]!
      if (slot.gfn < gfn || slot.gfn >= gfn + pages) continue
      this.#end(slot, true)
      slots.splice(at, 1)
    }
  }

  /** The long runs, including those that last until the end of the trace. */
  get runs(): readonly Run[] {
    return [...this.#runs, ...this.#slots.filter(isLong).map((slot) => runOf(slot, false))]
  }

  #end(slot: Slot, answered: boolean): void {
    if (isLong(slot) && this.#runs.length < MAX_RUNS) this.#runs.push(runOf(slot, answered))
  }
}

const isLong = ({ faults }: Slot) => faults >= MIN_RUN

function runOf({ gfn, faults, quiet, others, firstNs, lastNs, first, last }: Slot, answered: boolean): Run {
  const both = (key: 'seq' | 'inProgress') =>
    first === undefined || last === undefined ? undefined : ([first[key], last[key]] as const)
  return { gfn, faults, quiet, others, firstNs, lastNs, answered, seq: both('seq'), inProgress: both('inProgress') }
}
