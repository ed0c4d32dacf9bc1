import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { variant } from '../kernel.ts'
import { V6_8 } from '../kernels.ts'
import { invalidateRangeAdd } from '../notifier.ts'
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
export const B_RANGE = variant({
  name: 'B-RANGE',
  subject: 'precheck',
  on: V6_8,
  kind: 'broken',
  reference: 's0, range set after a yield',
  says: 'mmu_lock is dropped between counting an invalidation and setting its range',
  caughtBy: ['range_unset'],
  load: { shape: 'stream' },
  replaces: { invalidateRangeAdd: yieldThenRangeAdd },
})

function* yieldThenRangeAdd(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn): Steps<void> {
  yield* vm.mmuLock.writeUnlock(cpu)
  yield* vm.mmuLock.writeLock(cpu)
  yield* invalidateRangeAdd(cpu, vm, start, end)
}
