import { type Metrics, per, type Tally } from './tally.ts'

/** Pairs of notifiers, and the memslot updates that wait for them. */
export function elisionMetrics(all: Tally): Metrics {
  const updaters = all.of('memslot-updater')
  const starts = all.sum('invalidate_start')
  // If every invalidation hits a memslot and no memslot changes, there is nothing to elide.
  const isElsewhere = all.of('notifier').sum('unmap_gfn_range_calls') < starts
  return {
    ...per(isElsewhere ? starts : 0, () => ({
      invalidations_per_second: all.rate('invalidate_start'),
      mmu_lock_per_invalidation: all.sum('invalidate_mmu_lock') / starts,
      elided_share: all.sum('invalidate_elided') / starts,
    })),
    ...per(updaters.cpus.length, () => ({ memslot_updates_per_second: updaters.rate('memslot_updates') })),
  }
}
