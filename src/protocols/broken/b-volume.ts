import { variant } from '../kernel.ts'
import { V6_5 } from '../kernels.ts'

/**
 * By line, however large the block: nothing is wrong but the time, with mmu_lock held and preemption off.
 *
 *   vCPU 1                     vCPU 2 .. N
 *   ------                     -----------
 *   A8 no X                    A8 no X
 *   A9 8 388 608 lines         A9 the same lines, through the same interconnect
 *   A10 adds X                 A10 loses
 */
export const B_VOLUME = variant({
  name: 'B-VOLUME',
  subject: 'icache',
  on: V6_5,
  kind: 'broken',
  reference: 's2.base',
  says: 'no bound on the operations that a fault issues under mmu_lock',
  caughtBy: ['line_operations_unbounded'],
  replaces: {},
})
