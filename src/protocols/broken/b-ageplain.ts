import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { tdpMmuAgeSpte } from '../versions/v5.15.ts'
import { clearFlushYoung, clearYoung, testYoung } from '../versions/v6.12.ts'

/**
 * Linux up to v5.17: mmu_lock is held for write, so the SPTE is written plainly. But fast_page_fault() restores write permission
 * without mmu_lock, for the TDP MMU since v5.14 (6e8eb2060cc7).
 *
 *   vCPU                                   task that ages
 *   ----                                   --------------
 *                                          mmu_lock; reads the SPTE, not writable
 *   F3 makes it writable
 *   writes: its TLB says that it may
 *                                          writes the SPTE back, not writable
 *                                          dirty logging begins: no entry is writable, so up to v5.19
 *                                          there is no flush, and writes go on by the TLB
 */
export const B_AGEPLAIN = variant({
  name: 'B-AGEPLAIN',
  subject: 'aging',
  on: V6_18,
  kind: 'broken',
  reference: 'v5.14 to v5.17, before ba3a6120a4e7, 20220423034752.1161007-4-seanjc@google.com',
  says: 'under mmu_lock for write, and the SPTE is stored as it was read, less the Accessed bit',
  caughtBy: [],
  unseenBecause: 'the permission must come back between two instructions of the task that ages',
  load: { 'dirty-logs': '1', 'log-pause-us': '10', range: '4', 'pause-us': '10000', 'age-pause-us': '0', tlb: '1' },
  replaces: { clearFlushYoung, clearYoung, testYoung, tdpMmuAgeSpte },
})
