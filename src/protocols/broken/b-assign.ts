import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'

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
export const B_ASSIGN: Rules = {
  ...PRECHECK,
  nx: { ...PRECHECK.nx, accumulate: (_flush, contributed) => contributed },
}
