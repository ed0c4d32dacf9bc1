import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import type { Fault } from '../page-fault.ts'
import type { Rules } from '../rules.ts'
import { LOOP } from '../variants.ts'
import type { Vm } from '../vm.ts'

/**
 * s0.plain: the pre-check in a loop with plain loads. Without READ_ONCE a compiler may load once, before the loop, and keep
 * the values in registers; no JavaScript engine can be relied upon to do so, hence it is written out.
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *                                          S5 in_progress = 1
 *   F7 reads in_progress = 1: retry
 *                                          E4 in_progress = 0
 *   F7 still has 1: retry, for ever
 */
export const B_HOIST: Rules = { ...LOOP, precheckBeforePfn: precheckHoisted, precheckAfterPfn: precheckHoisted }

function* precheckHoisted(cpu: Cpu, vm: Vm, fault: Fault): Steps<boolean> {
  if (fault.attempt === 1) {
    fault.cachedInProgress = yield* cpu.read(vm.invalidateInProgress)
    fault.cachedSeq = yield* cpu.read(vm.invalidateSeq)
  }
  if (fault.cachedInProgress !== 0) {
    const start = yield* cpu.read(vm.invalidateRangeStart)
    const end = yield* cpu.read(vm.invalidateRangeEnd)
    if (fault.gfn >= start && fault.gfn < end) return true
  }
  return fault.cachedSeq !== fault.seq
}
