import type { Steps } from '../../shared-memory/steps.ts'
import { variant } from '../kernel.ts'
import { V6_8 } from '../kernels.ts'

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
export const B_STALE = variant({
  name: 'B-STALE',
  subject: 'precheck',
  on: V6_8,
  kind: 'broken',
  reference: 's0.noLocked',
  says: 'no check under mmu_lock',
  caughtBy: ['stale_install', 'install_in_progress', 'stale_use'],
  load: { shape: 'stream' },
  replaces: { isPageFaultStale: neverStale },
})

function* neverStale(): Steps<boolean> {
  return false
}
