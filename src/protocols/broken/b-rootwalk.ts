import type { Cpu } from '../../shared-memory/cpu.ts'
import type { TdpIter } from '../../shared-memory/page-tables/tdp-iter.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import type { Nx } from '../nx/nx.ts'
import { assertRootAlive } from '../nx/oracles.ts'
import { NO_ROOT } from '../nx/roots.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'
import type { Vm } from '../vm.ts'

/**
 * Before commit 7533377215b6: the notifier walks the roots without a reference, although it may drop mmu_lock on the way.
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *                                          walks the vCPU's root; Z1 drops mmu_lock
 *   goes over to another root, puts its own:
 *   nobody else holds it, it is freed
 *                                          goes on in it
 */
export const B_ROOTWALK: Rules = {
  ...PRECHECK,
  nx: { ...PRECHECK.nx, nextRoot: nextRootWithoutReference, afterYield: goOn },
}

function* nextRootWithoutReference(cpu: Cpu, _vm: Vm, nx: Nx, before: number): Steps<number> {
  for (let root = before + 1; root < nx.roots.slots; root += 1) {
    const count = yield* cpu.load(nx.roots.count(root))
    if (count !== 0) return root
  }
  return NO_ROOT
}

/** The kernel goes on in memory that is somebody else's. Here the walk ends, so that the run can say what happened. */
function* goOn(cpu: Cpu, vm: Vm, iter: TdpIter): Steps<void> {
  iter.yielded = true
  const isAlive = vm.nx === undefined || assertRootAlive(cpu, vm.nx, iter.root)
  if (!isAlive) iter.valid = false
}
