import { type Cpu, RMB } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { faultinPfn, invalidSlot, noSlot } from '../fault.ts'
import { variant } from '../kernel.ts'
import { NO_MEMSLOT } from '../memslots/memslot.ts'
import { CONTINUE, type Fault, type FaultResult, RETRY } from '../page-fault.ts'
import { PRECHECK_AFTER_PFN } from '../variants/precheck.ts'
import type { Vm } from '../vm.ts'

/**
 * s0.v1, s0.v2: the pre-check after the pfn lookup returns RETRY without dropping the page. Found by Yuan Yao in review.
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *   F8 takes a reference
 *                                          S5, S6
 *   F9: retry, the reference stays
 *   and again, at each retry
 */
export const B_LEAK = variant({
  name: 'B-LEAK',
  subject: 'precheck',
  on: PRECHECK_AFTER_PFN,
  kind: 'broken',
  reference: 's0.v1, s0.v2',
  says: 'the pre-check after the pfn lookup keeps the page reference',
  caughtBy: ['page_ref_leak'],
  load: { shape: 'boot' },
  replaces: { mmuFaultinPfn: keepPage },
})

function* keepPage(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  fault.seq = yield* cpu.read(vm.invalidateSeq)
  yield* cpu.barrier(RMB)

  if (fault.slot === NO_MEMSLOT) return noSlot(cpu, vm, fault)
  const invalid = yield* vm.memslots.isInvalid(cpu, fault.slot)
  if (invalid) return invalidSlot(cpu, fault)

  yield* faultinPfn(cpu, vm, fault)
  const late = yield* vm.kvm.invalidateRetryGfnUnsafe(cpu, vm, fault.seq, fault.gfn)
  if (late) {
    cpu.count(COUNTER.retry_precheck_after_pfn, 1)
    return RETRY
  }
  fault.prechecked = true
  return CONTINUE
}
