import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { invalidateRetry } from '../retry.ts'

/**
 * A refresh of a gfn_to_pfn_cache asks in_progress, which is raised when the caches have been invalidated already.
 *
 *   refresh                                notifier
 *   -------                                --------
 *   seq, looks the pfn up
 *                                          counts its pair; the cache is not valid, nothing to do
 *   in_progress = 0, seq unchanged: valid
 *                                          in_progress = 1, zaps; start returns
 *                                          frees the page
 *   uses it
 */
export const B_GPCCOUNT = variant({
  name: 'B-GPCCOUNT',
  subject: 'elision',
  on: V6_18,
  kind: 'broken',
  reference: 'before 58cd407ca4c6 (Sean Christopherson, Apr 2022)',
  says: 'the refresh of a gfn_to_pfn_cache checks mmu_invalidate_in_progress instead of the count of active invalidations',
  caughtBy: ['stale_pfncache'],
  load: { pfncaches: '2', 'inside-share': '100', range: '8', 'pause-us': '0', 'pfncache-pause-us': '0' },
  replaces: { mmuNotifierRetryCache: invalidateRetry },
})
