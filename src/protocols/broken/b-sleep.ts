import type { Rules } from '../rules.ts'
import { INTERVAL_TREE } from '../stage2/variants.ts'

/**
 * The mutex of the posted patch, taken with mmu_lock held for read. Lockdep calls it an "Invalid wait context".
 *
 *   vCPU 1                     vCPU 2                       notifier
 *   ------                     ------                       --------
 *                              A5 mmu_lock for read
 *                              A9 takes the mutex, is preempted
 *   A5 mmu_lock for read
 *   A9 sleeps on the mutex
 *                                                           S5 waits for mmu_lock, and so for both
 */
export const B_SLEEP: Rules = INTERVAL_TREE
