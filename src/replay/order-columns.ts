import { type Column, float64Column, uint32Column } from './column.ts'

/** What the faults of one vCPU were, in its order, and what each of them followed. */
export type FaultOrder = {
  readonly gfns: Column<Uint32Array>
  /** When the event of the fault was; its last neighbour; and the wait for mmu_lock that went before it, if one did. */
  readonly atNs: Column<Float64Array>
  readonly lastNs: Column<Float64Array>
  readonly waitBeganNs: Column<Float64Array>
  readonly waitEndedNs: Column<Float64Array>
  /** What had taken the gfn away: the role and the ordinal of it, and when that began. NEVER: nothing that was recorded. */
  readonly causeRole: Column<Uint32Array>
  readonly causeCount: Column<Uint32Array>
  readonly causeNs: Column<Float64Array>
  /** 1 if another task was seen on the vCPU's CPU since its last event. */
  readonly away: Column<Uint32Array>
  /** 1 if it was the first in its block of 2 MiB since a zap of everything. */
  readonly first: Column<Uint32Array>
  /** Faults on a gfn that was mapped, as far as the recording tells. */
  stillMapped: number
}

/** What one role of a replay did that takes pages away, in its order, and which faults each followed. */
export type TakingOrder = {
  readonly atNs: Column<Float64Array>
  /** When the last zap of a run was. */
  readonly lastNs: Column<Float64Array>
  /** When a task that had waited got the lock, if it was the first to show that it had it since: then its hold ended. -1: unknown. */
  readonly heldUntilNs: Column<Float64Array>
  /** How many gfns were mapped of what it took. */
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
