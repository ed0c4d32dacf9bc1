import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { NO_ROOT } from '../nx/roots.ts'
import { BUSY } from '../variants/busy.ts'
import type { Vm } from '../vm.ts'

/**
 * Commit cf3e26427c08 as it was, reverted by 873dd122172f: each root starts with no pending flush, and its result replaces that of
 * the root before. It crashed guests of Hyper-V Server 2019.
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *   has a translation of root 1
 *                                          Z3 of it in root 1: a flush is owed
 *                                          root 2 has nothing: none is
 *                                          S8 flushes nothing, changes the PTE, frees the page
 *   uses the freed page through its TLB
 */
export const B_P5 = variant({
  name: 'B-P5',
  subject: 'nx-recovery',
  on: V6_18,
  kind: 'broken',
  reference: 's1, cf3e26427c08',
  says: 'the flush that the last root requires replaces those of the other roots',
  caughtBy: ['unlock_with_pending_flush', 'stale_use'],
  load: { ...BUSY, roots: '2', 'leave-root-every': '50', notifiers: '1' },
  replaces: { tdpMmuUnmapGfnRange: unmapAndAssign },
})

function* unmapAndAssign(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn, canYield: boolean, owed: boolean): Steps<boolean> {
  let flush = owed
  let root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, NO_ROOT, false)
  while (root !== NO_ROOT) {
    const table = yield* vm.pages.roots.tableOf(cpu, root)
    yield* vm.pages.rcuReadLock(cpu)
    flush = yield* vm.kvm.tdpMmuZapLeafs(cpu, vm, table, start, end, canYield, false)
    yield* vm.pages.rcuReadUnlock(cpu)
    root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, root, false)
  }
  return flush
}
