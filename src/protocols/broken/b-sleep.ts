import { variant } from '../kernel.ts'
import { INTERVAL_TREE } from '../variants/icache.ts'

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
export const B_SLEEP = variant({
  name: 'B-SLEEP',
  subject: 'icache',
  on: INTERVAL_TREE,
  kind: 'broken',
  reference: 's2.gavin',
  says: 'a mutex is taken and memory is allocated with mmu_lock held',
  caughtBy: ['sleep_in_atomic', 'alloc_in_atomic'],
  load: { notifiers: '1' },
  replaces: {},
})
