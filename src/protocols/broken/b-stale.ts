import type { Rules } from '../rules.ts'
import { never, PRECHECK } from '../variants.ts'

/**
 * s0.noLocked: the pre-checks alone, no check under mmu_lock.
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *   F5 seq, F8 old pfn, F9 passes
 *                                          S1 .. S9
 *                                          changes the PTE, frees the page
 *                                          E1 .. E7
 *   F10, F12 installs the freed page
 */
export const B_STALE: Rules = { ...PRECHECK, isPageFaultStale: never }
