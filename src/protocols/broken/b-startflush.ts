import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { flushIfChanged } from '../versions/dirty-log.ts'

/**
 * No flush when logging begins, if no entry was changed: another task has taken write permission, and has not flushed yet.
 *
 *   vCPU                            page tracking                    VMM
 *   ----                            -------------                    ---
 *   has the page, writable, in its TLB
 *                                   takes W, drops mmu_lock
 *                                                                    starts: finds no W, does not flush
 *                                                                    copies the page
 *   writes, and nothing faults
 *                                   flushes
 */
export const B_STARTFLUSH = variant({
  name: 'B-STARTFLUSH',
  subject: 'dirty-log',
  on: V6_18,
  kind: 'broken',
  reference: 'before b64d740ea7dd (Junaid Shahid, Jul 2022)',
  says: 'the flush when logging begins is left out if no entry was changed',
  caughtBy: [],
  unseenBecause:
    'logging must begin, and the page be copied and written to, between two instructions of the task that tracks it',
  replaces: { mmuSlotApplyFlags: flushIfChanged },
})
