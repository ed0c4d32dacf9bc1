import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { NO_ROOT } from '../nx/roots.ts'
import { BUSY } from '../variants/busy.ts'
import type { Vm } from '../vm.ts'

/**
 * Before commit 7533377215b6: the notifier walks the roots without a reference, although it may drop mmu_lock on the way.
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *                                          walks the vCPU's root; Z1 drops mmu_lock
 *   changes to another root, puts its own:
 *   that was the last one, it is freed
 *                                          continues in it
 */
export const B_ROOTWALK = variant({
  name: 'B-ROOTWALK',
  subject: 'nx-recovery',
  on: V6_18,
  kind: 'broken',
  reference: 's1, before 7533377215b6',
  says: 'a walk that yields holds no reference to its root',
  caughtBy: ['root_use_after_free'],
  load: { ...BUSY, roots: '2', 'keep-roots': 'no', 'leave-root-every': '20', notifiers: '1' },
  replaces: { tdpMmuNextRoot: nextRootWithoutReference },
})

function* nextRootWithoutReference(cpu: Cpu, vm: Vm, before: number): Steps<number> {
  const { roots } = vm.nx!
  for (let root = before + 1; root < roots.slots; root += 1) {
    const count = yield* cpu.load(roots.count(root))
    if (count !== 0) return root
  }
  return NO_ROOT
}
