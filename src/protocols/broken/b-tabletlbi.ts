import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { stage2Unmap } from '../versions/v6.8.ts'

/**
 * v6.6 to v6.8, with FEAT_TLBIRANGE: the TLBI of a page table waits for the end of the range, as those of leafs do.
 *
 *   notifier, mmu_lock for write                 a CPU's walk
 *   ----------------------------                 ------------
 *                                                reads the entry of the block: a table of pages
 *   takes the last leaf of the table away
 *   unlinks the table, and frees it
 *                                                reads an entry of memory that is another's by now
 *   TLBI of the range
 */
export const B_TABLETLBI = variant({
  name: 'B-TABLETLBI',
  subject: 'icache',
  on: V6_18,
  kind: 'broken',
  reference: 'v6.6 to v6.8, before f62d4c3eb687 (Will Deacon, Mar 2024)',
  says: 'a page table that an unmap has emptied is freed before its TLB entries are flushed',
  caughtBy: ['free_before_flush'],
  load: { mapping: 'page', granule: '4k', 'tlbi-range': 'yes' },
  replaces: { stage2Unmap },
})
