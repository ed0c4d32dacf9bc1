import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { BUSY } from '../variants/busy.ts'
import { tdpMmuIterCondResched } from '../versions/v5.15.ts'

/**
 * Before commit 3a0f64de479c: a yield restarts the walk at once, and the head of the loop advances from there. If the walk
 * descends again nothing is lost; if it visits only the entries of the root, as when a root is zapped, the
 * next entry is skipped.
 *
 *   another CPU                            zapper of a root
 *   -----------                            ----------------
 *   waits for mmu_lock
 *                                          Z1 at entry k: drops it, restarts at k
 *                                          Z5 continues with k+1; k is never zapped, and the root is freed
 */
export const B_ITER = variant({
  name: 'B-ITER',
  subject: 'nx-recovery',
  on: V6_18,
  kind: 'broken',
  reference: 's1, before 3a0f64de479c',
  says: 'a walk that has yielded steps on from where it restarted',
  caughtBy: ['skipped_leaf'],
  load: { ...BUSY, roots: '2', 'keep-roots': 'no', 'leave-root-every': '50', notifiers: '1', spread: '4' },
  replaces: { tdpMmuIterCondResched },
})
