import { variant } from '../kernel.ts'
import { V5_15, V6_12, V6_18 } from '../kernels.ts'

// Dirty logging: how huge pages come back when it ends.

export const FLUSH_EACH_LEAF = variant({
  name: 'flush-each-leaf',
  subject: 'dirty-log',
  on: V5_15,
  kind: 'good',
  reference: 'v5.15, 2db6f772b530',
  says: 'each leaf of 4 KiB is zapped and flushed separately; the flush at the start is left out if no entry was changed',
  objections: ['dirty_lost'],
  replaces: {},
})

export const FLUSH_EACH_TABLE = variant({
  name: 'flush-each-table',
  subject: 'dirty-log',
  on: V6_12,
  kind: 'good',
  reference: 'v6.12, 5ba7c4c6d1c7 (Ben Gardon, May 2022)',
  says: 'each page table is zapped and flushed separately',
  replaces: {},
})

export const ONE_FLUSH = variant({
  name: 'one-flush',
  subject: 'dirty-log',
  on: V6_18,
  kind: 'good',
  reference: 'upstream, 35ef80eb29ab and 13e2e4f62a4b (David Matlack, Aug 2024)',
  says: 'huge pages replace page tables, with one flush for all of them',
  replaces: {},
})
