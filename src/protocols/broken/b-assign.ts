import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { BUSY } from '../variants/nx-recovery.ts'

/**
 * The second of the three patches as posted, before commit 315f02c60d94: `flush =` instead of `flush |=`. The last page of a
 * round decides for all.
 *
 *   vCPU                          worker                                   another vCPU
 *   ----                          ------                                   ------------
 *   has table 1 in its caches
 *                                 N8 zaps page 1: true
 *                                 N6 takes page 2 off the list
 *                                                                          F12 huge page in place of page 2
 *                                 N8 page 2 is gone: false
 *                                 N11 flush is false; unlocks, frees
 *   walks table 1
 */
export const B_ASSIGN = variant({
  name: 'B-ASSIGN',
  subject: 'nx-recovery',
  on: V6_18,
  kind: 'broken',
  reference: 's1.p2, s1.p3, before 315f02c60d94',
  says: 'the last page of a round decides alone whether to flush',
  caughtBy: ['flush_lost', 'unlock_with_pending_flush', 'free_before_flush'],
  load: { ...BUSY, 'execute-share': '30' },
  replaces: { nx: { ...V6_18.kvm.nx, accumulate: (_flush, contributed) => contributed } },
})
