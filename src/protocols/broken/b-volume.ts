import type { Rules } from '../rules.ts'
import { RANGED } from '../stage2/variants.ts'

/**
 * By line, however large the block: nothing is wrong but the time, with mmu_lock held and preemption off.
 *
 *   vCPU 1                     vCPU 2 .. N
 *   ------                     -----------
 *   A8 no X                    A8 no X
 *   A9 8 388 608 lines         A9 the same lines, through the same interconnect
 *   A10 adds X                 A10 loses
 */
export const B_VOLUME: Rules = RANGED
