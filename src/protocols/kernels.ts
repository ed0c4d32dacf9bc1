import { INVALIDATE_RANGE } from './apic/variants.ts'
import { NX_5_11, NX_READ_LOCK, NX_TWO_LISTS, NX_WRITE_LOCK, NX_WRITE_LOCK_SINGLE } from './nx/variants.ts'
import type { Rules } from './rules.ts'
import { NO_PRECHECK, PRECHECK } from './variants.ts'

// Whole kernels. Upstream today is PRECHECK as it stands; these differ from it in more than one system, or in how NX huge
// pages are recovered.

/**
 * v5.15: no pre-check; NX huge pages recovered with mmu_lock held for write; the memslots held by a count, and ranges elided;
 * the APIC-access page reloaded by ->invalidate_range().
 */
export const V5_15: Rules = { ...NO_PRECHECK, nx: NX_WRITE_LOCK, apic: INVALIDATE_RANGE.apic }

export const READ_LOCK: Rules = { ...PRECHECK, nx: NX_READ_LOCK }
export const WRITE_LOCK_SINGLE: Rules = { ...PRECHECK, nx: NX_WRITE_LOCK_SINGLE }
export const WRITE_LOCK: Rules = { ...PRECHECK, nx: NX_WRITE_LOCK }
export const V5_11: Rules = { ...PRECHECK, nx: NX_5_11 }
export const TWO_LISTS: Rules = { ...PRECHECK, nx: NX_TWO_LISTS }
