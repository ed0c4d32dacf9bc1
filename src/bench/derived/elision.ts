import { type Metrics, per, type Tally } from './tally.ts'

/** Pairs of notifiers, and the memslot updates that wait for them. */
export function elisionMetrics(all: Tally): Metrics {
  const updaters = all.of('memslot-updater')
  if (updaters.cpus.length === 0) return {}
  return {
    ...per(all.sum('invalidate_start'), (starts) => ({
      invalidations_per_second: all.rate('invalidate_start'),
      mmu_lock_per_invalidation: all.sum('invalidate_mmu_lock') / starts,
      elided_share: all.sum('invalidate_elided') / starts,
    })),
    memslot_updates_per_second: updaters.rate('memslot_updates'),
  }
}
