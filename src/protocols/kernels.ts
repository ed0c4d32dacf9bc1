import { INVALIDATE_RANGE } from './apic-variants.ts'
import { NX_WRITE_LOCK } from './nx/variants.ts'
import type { Rules } from './rules.ts'
import { NO_PRECHECK } from './variants.ts'

// Several systems at once, as one kernel had them. Upstream today is PRECHECK as it stands.

/**
 * v5.15: no pre-check; NX huge pages recovered with mmu_lock held for write; the memslots held by a count, and ranges elided;
 * the APIC-access page reloaded by ->invalidate_range().
 */
export const V5_15: Rules = { ...NO_PRECHECK, nx: NX_WRITE_LOCK, apic: INVALIDATE_RANGE.apic }
