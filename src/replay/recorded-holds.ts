import { FreshBlocks } from './fresh-blocks.ts'
import { INSTALL, type Moments, NEIGHBOUR, UNMAP, WAIT_BEGIN, WAIT_END, ZAP } from './moments.ts'
import type { TakingOrder } from './order-columns.ts'

/** The time of an invalidation from its start to the end of its hold, and the number of gfns that it removed. */
export type Held = { readonly ns: number; readonly taken: number }

/** Estimates holds of mmu_lock from the ends of the waits behind them. */
export type RecordedHolds = {
  /** From the beginning of a wait to the SPTE of the task that held the lock then: so long it held it at the least. */
  readonly beforeSpteNs: readonly number[]
  /** From the SPTE that a holder set, while another waited, to the end of that wait. */
  readonly toReleaseNs: readonly number[]
  /** The same of faults that were the first in their block since a zap. */
  readonly firstReleaseNs: readonly number[]
  readonly invalidations: readonly Held[]
}

const NONE = -1

/**
 * A waiter gets the lock from its last owner: a task that had set an SPTE or ended its own wait since, which is certain;
 * or one that had begun to invalidate before the wait began, and did not wait itself.
 */
export function recordedHolds(
  moments: Moments,
  takings: readonly TakingOrder[],
  mmuLock: number,
  untilNs: number,
): RecordedHolds {
  const beforeSpteNs: number[] = []
  const toReleaseNs: number[] = []
  const firstReleaseNs: number[] = []
  const blocks = new FreshBlocks()
  let isFirst = false
  const invalidations: Held[] = []
  const takenBy = takenByTime(takings)
  const began = new Map<number, number>()
  let certain = NONE
  let unmaps: number[] = []
  for (let index = 0; index < moments.length && moments.atNs(index) < untilNs; index += 1) {
    const what = moments.what(index)
    const pid = moments.pid(index)
    const atNs = moments.atNs(index)
    if ((what === WAIT_BEGIN || what === WAIT_END) && moments.value(index) !== mmuLock) continue
    if (what === WAIT_BEGIN) {
      began.set(pid, atNs)
      // A holder that asks again has released the lock: what another waits longer is its own delay.
      if (certain !== NONE && moments.pid(certain) === pid) certain = NONE
    }
    if (what === ZAP) blocks.zapped()
    if (what === INSTALL) {
      isFirst = blocks.isFirst(moments.value(index))
      const [first] = began.values()
      const isHolder = first !== undefined && !began.has(pid) && (certain === NONE || moments.atNs(certain) < first)
      if (isHolder) beforeSpteNs.push(atNs - first)
    }
    if (what === UNMAP) unmaps = [...unmaps.filter((unmap) => moments.pid(unmap) !== pid), index]
    if (what === WAIT_END) {
      const sinceNs = began.get(pid) ?? Number.NEGATIVE_INFINITY
      began.delete(pid)
      const isHolder = (unmap: number) =>
        moments.pid(unmap) !== pid && moments.atNs(unmap) <= sinceNs && !began.has(moments.pid(unmap))
      const unmap = unmaps.find((each) => isHolder(each) && (takenBy.get(moments.atNs(each)) ?? 0) > 0)
      if (unmap !== undefined) {
        invalidations.push({ ns: atNs - moments.atNs(unmap), taken: takenBy.get(moments.atNs(unmap))! })
      } else if (certain !== NONE && moments.pid(certain) !== pid && moments.atNs(certain) >= sinceNs) {
        const by = moments.what(certain)
        if (by === INSTALL || by === NEIGHBOUR)
          (isFirst ? firstReleaseNs : toReleaseNs).push(atNs - moments.atNs(certain))
      }
    }
    if (what === INSTALL || what === NEIGHBOUR || what === WAIT_END || what === ZAP) {
      certain = index
      unmaps = unmaps.filter((unmap) => began.has(moments.pid(unmap)))
    }
  }
  return { beforeSpteNs, toReleaseNs, firstReleaseNs, invalidations }
}

function takenByTime(takings: readonly TakingOrder[]): ReadonlyMap<number, number> {
  const takenBy = new Map<number, number>()
  for (const { atNs, taken } of takings) {
    for (let index = 0; index < atNs.length; index += 1) takenBy.set(atNs.at(index), taken.at(index))
  }
  return takenBy
}
