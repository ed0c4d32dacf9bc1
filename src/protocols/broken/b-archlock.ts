import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNT_ELIDE } from '../memslots/pairs.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'
import type { Vm } from '../vm.ts'

/**
 * SRCU readers are waited for with slots_arch_lock held.
 *
 *   vCPU                                   memslot updater
 *   ----                                   ---------------
 *   SRCU section
 *                                          M2 slots_arch_lock, M7 publishes
 *   its root has to be made anew:
 *   waits for slots_arch_lock
 *                                          M9 waits for the section
 */
export const B_ARCHLOCK: Rules = { ...PRECHECK, memslots: { ...COUNT_ELIDE, synchronize: synchronizeThenRelease } }

function* synchronizeThenRelease(cpu: Cpu, vm: Vm): Steps<void> {
  yield* vm.updates!.srcu.synchronize(cpu)
  yield* vm.updates!.slotsArchLock.release(cpu)
}
