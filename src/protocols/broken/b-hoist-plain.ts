import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import type { Fault } from '../page-fault.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'
import type { Vm } from '../vm.ts'

/**
 * The pre-check without its READ_ONCE()s: who asks in a loop may be answered for ever by what the compiler loaded before it,
 * as B-HOIST is. JavaScript's engines may do so too, and cannot be made to; the checker's compiler can.
 */
export const B_HOIST_PLAIN: Rules = {
  ...PRECHECK,
  precheckBeforePfn: precheckPlainly,
  precheckAfterPfn: precheckPlainly,
}

function* precheckPlainly(cpu: Cpu, vm: Vm, fault: Fault): Steps<boolean> {
  const inProgress = yield* cpu.read(vm.invalidateInProgress)
  if (inProgress !== 0) {
    const start = yield* cpu.read(vm.invalidateRangeStart)
    const end = yield* cpu.read(vm.invalidateRangeEnd)
    if (fault.gfn >= start && fault.gfn < end) return true
  }
  const seqNow = yield* cpu.read(vm.invalidateSeq)
  return seqNow !== fault.seq
}
