import type { Rules } from '../rules.ts'
import { never, nothing, PRECHECK, snapshotSeq } from '../variants.ts'

/**
 * The sequence is read after the pfn has been looked up (or: the smp_rmb between them is missing).
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *                                          S1 .. S9
 *   F8 old pfn, the PTE has not changed
 *                                          changes the PTE, frees the page
 *                                          E1 .. E7
 *   takes the new seq, F11 passes
 *   F12 installs the freed page
 */
export const B_SNAP: Rules = {
  ...PRECHECK,
  snapshotBeforePfn: nothing,
  precheckBeforePfn: never,
  snapshotAfterPfn: snapshotSeq,
}
