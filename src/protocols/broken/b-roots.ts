import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { NO_ROOT } from '../nx/roots.ts'
import { BUSY } from '../variants/busy.ts'
import type { Vm } from '../vm.ts'

/**
 * Before commit a835429cda91, the first of the three patches: what the first root owes is known to the caller only
 * (`flush |= zap(root)`), and a yield inside the second does not flush it.
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *   has a translation of root 1
 *                                          Z3 of it in root 1; the caller's flush = true
 *                                          Z1 in root 2, its own flush = false: drops mmu_lock
 *   uses it, with mmu_lock free
 */
export const B_ROOTS = variant({
  name: 'B-ROOTS',
  subject: 'nx-recovery',
  on: V6_18,
  kind: 'broken',
  reference: 's1, before a835429cda91',
  says: 'a yield in one root ignores the flush that another root requires',
  caughtBy: ['unlock_with_pending_flush', 'stale_use'],
  load: { ...BUSY, roots: '2', 'leave-root-every': '50', notifiers: '1' },
  replaces: { tdpMmuUnmapGfnRange: unmapEachRootAlone },
})

function* unmapEachRootAlone(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn, canYield: boolean, owed: boolean): Steps<boolean> {
  let flush = owed
  let root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, NO_ROOT, false)
  while (root !== NO_ROOT) {
    const table = yield* vm.pages.roots.tableOf(cpu, root)
    yield* vm.pages.rcuReadLock(cpu)
    const zapped = yield* vm.kvm.tdpMmuZapLeafs(cpu, vm, table, start, end, canYield, false)
    flush = flush || zapped
    yield* vm.pages.rcuReadUnlock(cpu)
    root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, root, false)
  }
  return flush
}
