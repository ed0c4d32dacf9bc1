import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { variant } from '../kernel.ts'
import { V6_8 } from '../kernels.ts'
import { type FaultResult, FIXED, RETRY } from '../page-fault.ts'
import { flushLocal } from '../stage2/fault.ts'
import type { Stage2Fault } from '../stage2/page-fault.ts'
import type { Stage2Vm } from '../vm.ts'

/**
 * Only the CPU that changed the entry drops its own translation of it.
 *
 *   vCPU 1                                 vCPU 2, its TLB holds the entry without X
 *   ------                                 ------
 *   A8 no X                                A8 no X
 *   A9, A10 adds X, A11
 *                                          A9, A10 loses: -EAGAIN
 *                                          faults again: A8 finds X, nothing to do
 *                                          and again, until the entry is evicted
 */
export const B_NOTLBI = variant({
  name: 'B-NOTLBI',
  subject: 'icache',
  on: V6_8,
  kind: 'broken',
  reference: 's2, A11 after A10 only',
  says: 'a vCPU that lost the race keeps its old translation',
  caughtBy: ['refault_unbounded'],
  replaces: { stage2RelaxPerms: flushOnlyIfChanged },
})

function* flushOnlyIfChanged(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<FaultResult> {
  const result = yield* vm.kvm.stage2AttrWalker(cpu, vm, fault)
  if (result === RETRY) cpu.count(COUNTER.relax_eagain, 1)
  if (result === FIXED) yield* flushLocal(cpu, vm, fault)
  return result
}
