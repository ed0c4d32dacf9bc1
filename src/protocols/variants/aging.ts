import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { clearFlushYoung, clearYoung, testYoung } from '../versions/v6.12.ts'

// Aging: which pages does the guest use? The variants that are correct.

export const AGE_LOCKED = variant({
  name: 'age-locked',
  subject: 'aging',
  on: V6_18,
  kind: 'good',
  reference: 'v5.13 to v6.12',
  says: 'mmu_lock for write at each question, and a flush if clear_flush_young() finds a page used',
  replaces: { clearFlushYoung, clearYoung, testYoung },
})

export const AGE_ELIDED = variant({
  name: 'age-elided',
  subject: 'aging',
  on: V6_18,
  kind: 'good',
  reference: 'v6.13, 2ebbe0308c29, 20241011021051.1557902-18-seanjc@google.com',
  says: 'mmu_lock for write at each question, and never a flush: a page that is in a TLB seems unused',
  replaces: { clearFlushYoung: clearYoung, clearYoung, testYoung },
})

export const AGE_LOCKLESS = variant({
  name: 'age-lockless',
  subject: 'aging',
  on: V6_18,
  kind: 'good',
  reference: 'v6.15, b146a9b34aed, 20250204004038.1680123-1-jthoughton@google.com',
  says: 'RCU alone, and the Accessed bit is cleared atomically',
  replaces: {},
})
