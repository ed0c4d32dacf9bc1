import type { Variant } from '../scenario.ts'

/** System 2, good and broken. */
export const ICACHE_VARIANTS: readonly Variant[] = [
  {
    kind: 'good',
    name: 'ranged',
    reference: 's2.base, v6.2 to v6.6',
    says: 'faults in parallel, and each invalidates by line, however large the block',
  },
  {
    kind: 'good',
    name: 'threshold',
    reference: 's2.final, v6.7, 909b583f81b5',
    says: 'by line up to MAX_DVM_OPS lines, else the whole I-cache at once',
  },
  {
    kind: 'good',
    name: 'serial',
    reference: 's2.serial, before v6.2',
    says: 'by line, and faults exclude each other: the second finds the permission there',
  },
  {
    kind: 'good',
    name: 'interval-tree',
    reference: 's2.gavin, Gavin Shan',
    says: 'by line, and whoever finds its range in service bails out; the ranges are guarded by a mutex, under mmu_lock',
    objections: ['sleep_in_atomic', 'alloc_in_atomic'],
  },
  {
    kind: 'good',
    name: 'interval-tree-stack',
    reference: 's2.gavin as Marc Zyngier asked for it',
    says: 'the same with a spinlock, and the range on the stack',
  },
  {
    kind: 'good',
    name: 'full-if-gt-page',
    reference: 's2.full_if_gt_page, Gavin Shan',
    says: 'the whole I-cache for whatever is larger than a page',
  },
  { kind: 'good', name: 'full', reference: 's2, Marc Zyngier', says: 'the whole I-cache, always' },
  {
    kind: 'good',
    name: 'recheck',
    reference: 's2.recheck',
    says: 'by line, but reads the entry again just before, and does without if it has changed',
  },
  {
    kind: 'broken',
    name: 'B-PUBFIRST',
    reference: 's2, A10 before A9',
    says: 'the entry becomes executable before the I-caches are invalidated',
    caughtBy: ['exec_before_icache'],
    load: {},
  },
  {
    kind: 'broken',
    name: 'B-SLEEP',
    reference: 's2.gavin',
    says: 'a mutex is taken and memory is allocated with mmu_lock held',
    caughtBy: ['sleep_in_atomic', 'alloc_in_atomic'],
    load: { notifiers: '1' },
  },
  {
    kind: 'broken',
    name: 'B-VOLUME',
    reference: 's2.base',
    says: 'no bound on the operations that a fault issues under mmu_lock',
    caughtBy: ['line_operations_unbounded'],
    load: {},
  },
  {
    kind: 'broken',
    name: 'B-NOTLBI',
    reference: 's2, A11 after A10 only',
    says: 'a vCPU that lost the race keeps its old translation',
    caughtBy: ['refault_unbounded'],
    load: {},
  },
]
