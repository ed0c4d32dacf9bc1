import { type FaultResult, FIXED } from '../page-fault.ts'
import type { Rules } from '../rules.ts'
import { THRESHOLD } from '../stage2/variants.ts'

/**
 * Only the CPU that changed the entry drops its own translation of it.
 *
 *   vCPU 1                                 vCPU 2, its TLB holds the entry without X
 *   ------                                 ------
 *   A8 no X                                A8 no X
 *   A9, A10 adds X, A11
 *                                          A9, A10 loses: -EAGAIN
 *                                          faults again: A8 finds X, nothing to do
 *                                          and again, until the entry is evicted
 */
export const B_NOTLBI: Rules = { ...THRESHOLD, icache: { ...THRESHOLD.icache, flushesAfter: onlyIfChanged } }

function onlyIfChanged(result: FaultResult): boolean {
  return result === FIXED
}
