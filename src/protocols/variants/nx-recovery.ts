import { variant } from '../kernel.ts'
import { V6_12, V6_18 } from '../kernels.ts'
import { NX_5_11, NX_TWO_LISTS, NX_WRITE_LOCK } from '../nx/variants.ts'

// System 1: recovery of NX huge pages. The variants that are correct, or were shipped.

/** One small list that is recovered all the time, while the guest is at it. */
export const BUSY = { 'memory-mib': '16', 'period-us': '0', ratio: '2', 'recoverable-share': '90' }

export const AS_5_11 = variant({
  name: 'v5.11',
  subject: 'nx-recovery',
  on: V6_18,
  kind: 'good',
  reference: 's1.5_11',
  says: 'mmu_lock is a spinlock; a page is zapped as a range of gfns, which may yield; what that says of a flush is ignored',
  replaces: { nx: NX_5_11 },
})

export const WRITE_LOCK = variant({
  name: 'write-lock',
  subject: 'nx-recovery',
  on: V6_18,
  kind: 'good',
  reference: 's1.5_12, after the mail',
  says: 'mmu_lock for write; a range of gfns, which may not yield; tearing down a page table flushes on its own',
  replaces: { nx: NX_WRITE_LOCK },
})

export const WRITE_LOCK_SINGLE = variant({
  name: 'write-lock-single',
  subject: 'nx-recovery',
  on: V6_12,
  kind: 'good',
  reference: 'v6.17',
  says: 'mmu_lock for write; the page by itself, and one flush before the lock is dropped',
  replaces: {},
})

export const READ_LOCK = variant({
  name: 'read-lock',
  subject: 'nx-recovery',
  on: V6_18,
  kind: 'good',
  reference: 's1.6_18, a57750909580',
  says: 'mmu_lock for read and tdp_mmu_pages_lock; the page by itself, by CAS; a list for each MMU',
  replaces: {},
})

export const TWO_LISTS = variant({
  name: 'two-lists',
  subject: 'nx-recovery',
  on: V6_18,
  kind: 'good',
  reference: 's1.two_lists, Sean Christopherson in the mail',
  says: 'v6.17 with a list for each MMU: all of the shadow MMU first, with what is left of the round the TDP MMU',
  replaces: { nx: NX_TWO_LISTS },
})
