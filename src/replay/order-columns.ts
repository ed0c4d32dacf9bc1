import { type Column, float64Column, uint32Column } from './column.ts'

/** The faults of one vCPU in order, each with the event that it followed. */
export type FaultOrder = {
  readonly gfns: Column<Uint32Array>
  /** When the event of the fault was; its last neighbour; and the wait for mmu_lock that went before it, if one did. */
  readonly atNs: Column<Float64Array>
  readonly lastNs: Column<Float64Array>
  readonly waitBeganNs: Column<Float64Array>
  readonly waitEndedNs: Column<Float64Array>
  /** The role and ordinal that had removed the gfn, and its beginning. NEVER: no recorded event. */
  readonly causeRole: Column<Uint32Array>
  readonly causeCount: Column<Uint32Array>
  readonly causeNs: Column<Float64Array>
  /** 1 if another task was seen on the vCPU's CPU since its last event. */
  readonly away: Column<Uint32Array>
  /** 1 if it was the first in its block of 2 MiB since a zap of everything. */
  readonly first: Column<Uint32Array>
  /** Faults on a gfn that was still mapped, as far as the recording shows. */
  stillMapped: number
}

/** The actions with which one role of a replay removes pages, in order, each with the faults that it followed. */
export type TakingOrder = {
  readonly atNs: Column<Float64Array>
  /** When the last zap of a run was. */
  readonly lastNs: Column<Float64Array>
  /** When a task that had waited got the lock, if it was the first to show that it had it since: then its hold ended. -1: unknown. */
  readonly heldUntilNs: Column<Float64Array>
  /** How many of the removed gfns were mapped. */
  readonly taken: Column<Uint32Array>
  /** By vCPU and ordinal: how many of its faults go before; as many numbers as there are vCPUs for each ordinal. */
  readonly after: Column<Uint32Array>
}

export type Order = { readonly faults: readonly FaultOrder[]; readonly takings: readonly TakingOrder[] }

export const NEVER = 2 ** 32 - 1
export const NO_WAIT = -1

export const newFaultOrder = (): FaultOrder => ({
  gfns: uint32Column(),
  atNs: float64Column(),
  lastNs: float64Column(),
  waitBeganNs: float64Column(),
  waitEndedNs: float64Column(),
  causeRole: uint32Column(),
  causeCount: uint32Column(),
  causeNs: float64Column(),
  away: uint32Column(),
  first: uint32Column(),
  stillMapped: 0,
})

export const newTakingOrder = (): TakingOrder => ({
  atNs: float64Column(),
  lastNs: float64Column(),
  heldUntilNs: float64Column(),
  taken: uint32Column(),
  after: uint32Column(),
})
