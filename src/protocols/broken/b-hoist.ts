import { type Cpu, RMB } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { faultinPfn, invalidSlot, noSlot, releasePfn } from '../fault.ts'
import { variant } from '../kernel.ts'
import { NO_MEMSLOT } from '../memslots/memslot.ts'
import { CONTINUE, type Fault, type FaultResult, RETRY } from '../page-fault.ts'
import { LOOP } from '../variants/precheck.ts'
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
 *   F7 still has 1: retry, forever
 */
export const B_HOIST = variant({
  name: 'B-HOIST',
  subject: 'precheck',
  on: LOOP,
  kind: 'broken',
  reference: 's0.plain',
  says: 'plain loads in a loop, as a compiler may cache them',
  caughtBy: ['retry_unbounded'],
  load: { shape: 'boot' },
  replaces: { mmuFaultinPfn: faultinPfnHoisted },
})

function* faultinPfnHoisted(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  fault.seq = yield* cpu.read(vm.invalidateSeq)
  yield* cpu.barrier(RMB)

  if (fault.slot === NO_MEMSLOT) return noSlot(cpu, vm, fault)
  const invalid = yield* vm.memslots.isInvalid(cpu, fault.slot)
  if (invalid) return invalidSlot(cpu, fault)

  const early = yield* retryHoisted(cpu, vm, fault)
  if (early) {
    cpu.count(COUNTER.retry_precheck_before_pfn, 1)
    return RETRY
  }
  yield* faultinPfn(cpu, vm, fault)
  const late = yield* retryHoisted(cpu, vm, fault)
  if (late) {
    yield* releasePfn(cpu, vm, fault)
    cpu.count(COUNTER.retry_precheck_after_pfn, 1)
    return RETRY
  }
  fault.prechecked = true
  return CONTINUE
}

/** The compiler's version of the plain loads: once, in the first round. */
function* retryHoisted(cpu: Cpu, vm: Vm, fault: Fault): Steps<boolean> {
  if (fault.attempt === 1) {
    fault.cachedInProgress = yield* cpu.read(vm.invalidateInProgress)
    fault.cachedSeq = yield* cpu.read(vm.invalidateSeq)
  }
  if (fault.cachedInProgress !== 0) {
    const start = yield* cpu.read(vm.invalidateRangeStart)
    const end = yield* cpu.read(vm.invalidateRangeEnd)
    if (fault.gfn >= start >>> 0 && fault.gfn < end >>> 0) return true
  }
  return fault.cachedSeq !== fault.seq
}
