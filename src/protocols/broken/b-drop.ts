import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { NX_WRITE_LOCK_SINGLE } from '../nx/variants.ts'
import { BUSY } from '../variants/nx-recovery.ts'

/**
 * s1.5_11 with today's teardown: what the zap of a page says of a flush is ignored. In 5.11 itself tearing down a page table
 * flushed on its own, so that only leafs of another root, under the same gfns, were left behind.
 *
 *   vCPU                                   worker
 *   ----                                   ------
 *   has the table in its caches
 *                                          N8 zaps the page: true, dropped
 *                                          N11 nothing to flush; unlocks, call_rcu() frees
 *   walks the freed table
 */
export const B_DROP = variant({
  name: 'B-DROP',
  subject: 'nx-recovery',
  on: V6_18,
  kind: 'broken',
  reference: 's1, the result ignored',
  says: 'what the zap of a page says of a flush is ignored',
  caughtBy: ['flush_lost', 'unlock_with_pending_flush', 'free_before_flush'],
  load: BUSY,
  replaces: { nx: { ...NX_WRITE_LOCK_SINGLE, accumulate: (flush) => flush } },
})
