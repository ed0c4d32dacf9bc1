import type { WhyNot } from '../why-not.ts'

const FREED_IN_USE =
  'a page table that is freed with a page in it is taken again by the next fault in its block, the only one here, and maps the same page; stage2/unmap.test.ts fails without the look'
const STAYS =
  'an empty page table stays linked, and the next fault in its block uses it: memory that is not given back, and nothing that a guest can tell'
const NOT_TAKEN =
  'no other block takes the page table in the small configurations, so it does no harm that an entry leads to it after it is freed'
const NO_LEAK = 'the page table is not used again: no check asks for stage-2 tables that are lost'

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
