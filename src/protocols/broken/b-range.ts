import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { invalidateRangeAdd } from '../invalidate.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'
import type { Vm } from '../vm.ts'

/**
 * mmu_lock is dropped between counting the invalidation and setting its range.
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *                                          S5 in_progress = 1, range not set; yields
 *   F11 finds no range (today: WARNs)
 *                                          S6 sets the range
 */
export const B_RANGE: Rules = { ...PRECHECK, invalidateRangeAdd: yieldThenRangeAdd }

function* yieldThenRangeAdd(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn): Steps<void> {
  yield* vm.mmuLock.writeUnlock(cpu)
  yield* vm.mmuLock.writeLock(cpu)
  yield* invalidateRangeAdd(cpu, vm, start, end)
}
