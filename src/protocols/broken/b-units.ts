import { isStaleByHva, rangeAddHva } from '../hva-ranges.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'

/**
 * s0.v2 on 6.7, where the range of the invalidation is still kept in hvas: the exact check compares hvas, the pre-check a
 * gfn. Nothing is unsafe, but the pre-check says "go on" to nearly every fault that must retry, and the hang is back.
 */
export const B_UNITS: Rules = { ...PRECHECK, invalidateRangeAdd: rangeAddHva, isPageFaultStale: isStaleByHva }
