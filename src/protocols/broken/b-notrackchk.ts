import type { Steps } from '../../shared-memory/steps.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'

/**
 * A fault puts the page that it linked on the list without looking whether it is still wanted there. Under mmu_lock for read
 * somebody else may have torn it down meanwhile, with the page table above it.
 *
 *   vCPU                                   worker
 *   ----                                   ------
 *   F12 links page 1 below page 2
 *                                          N5 takes page 2, zaps it and all below: page 1 is not on the list,
 *                                          its flag is cleared
 *   puts page 1 on the list
 *                                          RCU frees page 1; it stays on the list
 */
export const B_NOTRACKCHK: Rules = { ...PRECHECK, nx: { ...PRECHECK.nx, isStillDisallowed: always } }

function* always(): Steps<boolean> {
  return true
}
