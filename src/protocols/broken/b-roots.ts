import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { zapLeafsOfRoot } from '../nx/root-walk.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'
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
export const B_ROOTS: Rules = { ...PRECHECK, nx: { ...PRECHECK.nx, zapLeafsOfRoot: zapWithFlushOfItsOwn } }

function* zapWithFlushOfItsOwn(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn, flush: boolean, table: number): Steps<boolean> {
  const owed = yield* zapLeafsOfRoot(cpu, vm, start, end, false, table)
  return flush || owed
}
