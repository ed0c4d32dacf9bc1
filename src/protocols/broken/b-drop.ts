import { NX_WRITE_LOCK_SINGLE } from '../nx/variants.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'

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
export const B_DROP: Rules = { ...PRECHECK, nx: { ...NX_WRITE_LOCK_SINGLE, accumulate: (flush) => flush } }
