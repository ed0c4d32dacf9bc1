import type { WhyNot } from '../why-not.ts'

const FREED_IN_USE =
  'a page table that is freed with a page in it is reused by the next fault in its block, the only block here, and maps the same page; stage2/unmap.test.ts fails without the check'
const STAYS =
  'an empty page table stays linked, and the next fault in its block uses it: memory is not freed, and the guest cannot observe it'
const NOT_TAKEN =
  'no other block reuses the page table in the small configurations, so an entry that still points to it has no effect'
const NO_LEAK = 'the page table is not reused: no check looks for lost stage-2 tables'

const ofUnmap = (fn: string, code: RegExp, why: string, more: Partial<WhyNot> = {}): WhyNot => ({
  file: 'protocols/stage2/unmap.js',
  in: fn,
  code,
  verdict: 'survived',
  why,
  ...more,
})

/** Why no check notices that a step is left out by which arm64 frees the page tables that an unmap has emptied. */
export const OF_STAGE2_TABLES: readonly WhyNot[] = [
  ofUnmap('unmapInBlock', /^cpu\.load\(tables\.count\(table\)\)/, FREED_IN_USE),
  {
    file: 'protocols/stage2/map.js',
    in: 'mapLeaf',
    code: /^cpu\.add\(vm\.stage2\.tables\.count/,
    verdict: 'survived',
    why: STAYS,
  },
  ofUnmap('unmapInBlock', /^cpu\.sub\(tables\.count\(table\)/, STAYS),
  ofUnmap('unmapInBlock', /^freeTable\(/, STAYS),
  ofUnmap('freeTable', /^cpu\.store\(ptep, INVALID_PTE\)/, NOT_TAKEN),
  ofUnmap('freeTable', /^vm\.stage2\.tables\.free\(/, NO_LEAK),
]

/** The same where it orders less. */
export const OF_STAGE2_TABLES_ORDER: readonly WhyNot[] = [
  ofUnmap(
    'unmapInBlock',
    /^cpu\.load\(tables\.count\(table\)\)/,
    'read once, with mmu_lock held for write: no other CPU changes it',
    { kind: 'plain', verdict: 'equivalent' },
  ),
]
