import { variant } from '../kernel.ts'
import { V6_8 } from '../kernels.ts'
import { type FaultResult, FIXED } from '../page-fault.ts'

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
export const B_NOTLBI = variant({
  name: 'B-NOTLBI',
  subject: 'icache',
  on: V6_8,
  kind: 'broken',
  reference: 's2, A11 after A10 only',
  says: 'a vCPU that lost the race keeps its old translation',
  caughtBy: ['refault_unbounded'],
  replaces: { icache: { ...V6_8.kvm.icache, flushesAfter: onlyIfChanged } },
})

function onlyIfChanged(result: FaultResult): boolean {
  return result === FIXED
}
