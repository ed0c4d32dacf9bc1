import type { Steps } from '../../shared-memory/steps.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'

/**
 * The notifier's release does nothing: KVM drops its mappings with the VM, which is later than the memory is freed.
 *
 *   exit_mmap()                            KVM
 *   -----------                            ---
 *   mmu_notifier_release()                 nothing
 *   frees the pages, without a notifier
 *                                          SPTEs of freed pages, until the last file of the VM is closed
 */
export const B_NORELEASE = variant({
  name: 'B-NORELEASE',
  subject: 'elision',
  on: V6_18,
  kind: 'broken',
  reference: 'as before "KVM: mmu_notifiers release method" (Marcelo Tosatti, Dec 2008)',
  says: 'memory stays mapped when the process that has the VM exits',
  caughtBy: ['mapped_after_release'],
  load: { teardowns: '1', range: '8', 'teardown-pause-us': '0' },
  replaces: { flushShadowAll: nothing },
})

function* nothing(): Steps<void> {}
