import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { invalidateEnd } from '../invalidate.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'
import type { Vm } from '../vm.ts'

/**
 * The end of one invalidation clears the range, although another is still in progress.
 *
 *   vCPU                     notifier 1                notifier 2
 *   ----                     ----------                ----------
 *                            S of [0,10)
 *                                                      S of [20,30): range [0,30)
 *                            E: range cleared
 *   F11 of 25 passes
 *   F12 installs
 *                                                      changes the PTE of 25
 */
export const B_HALF: Rules = { ...PRECHECK, invalidateEnd: endAndClearRange }

function* endAndClearRange(cpu: Cpu, vm: Vm): Steps<void> {
  yield* invalidateEnd(cpu, vm)
  yield* cpu.write(vm.invalidateRangeStart, 0)
  yield* cpu.write(vm.invalidateRangeEnd, 0)
}
