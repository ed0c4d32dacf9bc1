import type { Rules } from '../rules.ts'
import { nothing, PRECHECK_AFTER_PFN } from '../variants.ts'

/**
 * s0.v1, s0.v2: the pre-check after the pfn lookup returns RETRY without dropping the page. Found by Yuan Yao in review.
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *   F8 takes a reference
 *                                          S5, S6
 *   F9: retry, the reference stays
 *   and again, at each retry
 */
export const B_LEAK: Rules = { ...PRECHECK_AFTER_PFN, releaseAtPrecheck: nothing }
