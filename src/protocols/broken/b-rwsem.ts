import { variant } from '../kernel.ts'
import { RWSEM } from '../variants/elision.ts'

/**
 * s3.rwsem, v1 and v2 of the series. Found by Wanpeng Li, as a splat of lockdep.
 *
 *   notifier 1                memslot updater           notifier 2
 *   ----------                ---------------           ----------
 *   start: down_read
 *                             down_write waits for 1
 *                                                       start: takes a lock of the mm (the pseudo lock)
 *                                                       down_read waits behind the updater
 *   end: wants that lock,
 *   waits for 2
 */
export const B_RWSEM = variant({
  name: 'B-RWSEM',
  subject: 'elision',
  on: RWSEM,
  kind: 'broken',
  reference: 's3.rwsem, v1 and v2 of the series',
  says: 'the rwsem, with a pseudo lock that only lockdep knows, so that no run need deadlock',
  caughtBy: ['lock_cycle'],
  load: { notifiers: '2', 'dwell-us': '50' },
  replaces: {},
})
