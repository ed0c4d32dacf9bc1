import type { HistogramName } from '../../protocols/counters.ts'
import type { LockRecord } from '../../shared-memory/records.ts'
import type { RoleName } from '../../workers/roles.ts'
import { Histogram } from '../histograms.ts'
import { type Metrics, per, type Tally } from './tally.ts'

/** The counters of a lock and side in a trial, in total and by worker. */
export type LockTotals = LockRecord & {
  readonly name: string
  readonly lockKind: string
  readonly side: 'read' | 'write'
  readonly who: readonly {
    readonly worker: string
    readonly role: RoleName
    readonly acquisitions: number
    readonly contended: number
    readonly waitTotalNs: number
    readonly waitMaxNs: number
  }[]
}

/** How long a lock was held in total, estimated from the holds that were timed. */
export const heldNs = ({ holdTotalNs, acquisitions, holds = acquisitions }: HeldTimes): number =>
  holds === 0 ? 0 : (holdTotalNs / holds) * acquisitions

type HeldTimes = Pick<LockRecord, 'holdTotalNs' | 'acquisitions'> & { readonly holds?: number }

/** Says which figures of holds are not of all holds; undefined: every hold was timed. */
export function holdsNote(locks: readonly HeldTimes[]): string | undefined {
  const partly = locks.filter(({ holds, acquisitions }) => holds !== undefined && holds < acquisitions)
  if (partly.length === 0) return undefined
  const sum = (of: (lock: HeldTimes) => number) => partly.reduce((total, lock) => total + of(lock), 0)
  const share = sum(({ holds }) => holds!) / sum(({ acquisitions }) => acquisitions)
  return `${(share * 100).toPrecision(2)} % of the short holds were timed: total hold is estimated from them, and max hold is the longest of them.`
}

/** The cost of mmu_lock in a latency trial. */
export function lockMetrics(
  all: Tally,
  locks: readonly LockTotals[],
  histograms: ReadonlyMap<HistogramName, Histogram>,
): Metrics {
  const mmuLock = locks.filter(({ name }) => name === 'mmuLock')
  const acquisitions = mmuLock.reduce((sum, lock) => sum + lock.acquisitions, 0)
  const contended = mmuLock.reduce((sum, lock) => sum + lock.contended, 0)
  const byVcpus = mmuLock.flatMap(({ who }) => who.filter(({ role }) => role === 'vcpu'))
  const waits = byVcpus.reduce((sum, lock) => sum + lock.contended, 0)
  return {
    ...per(acquisitions, () => ({
      mmu_lock_contended_share: contended / acquisitions,
      mmu_lock_hold_max_ns: Math.max(...mmuLock.map(({ holdMaxNs }) => holdMaxNs)),
    })),
    ...per(all.of('vcpu').sum('pf_fixed', 'pf_spurious'), (faults) => ({
      mmu_lock_waits_per_fault: waits / faults,
      mmu_lock_wait_total_ns: byVcpus.reduce((sum, lock) => sum + lock.waitTotalNs, 0),
    })),
    ...waitMedian(histograms),
  }
}

/** The median over both sides together. */
function waitMedian(histograms: ReadonlyMap<HistogramName, Histogram>): Metrics {
  const waits = new Histogram()
  for (const name of ['mmu_lock_wait_ns_read', 'mmu_lock_wait_ns_write'] as const) {
    const side = histograms.get(name)
    if (side !== undefined) waits.addAll(side)
  }
  return per(waits.count, () => ({ mmu_lock_wait_p50_ns: waits.percentiles(50)[0]! }))
}
