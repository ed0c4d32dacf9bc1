import { type Cpu, RMB } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { faultinPfn, invalidSlot, noSlot, releasePfn } from '../fault.ts'
import { variant } from '../kernel.ts'
import { V6_8 } from '../kernels.ts'
import { NO_MEMSLOT } from '../memslots/memslot.ts'
import { CONTINUE, type Fault, type FaultResult, RETRY } from '../page-fault.ts'
import type { Vm } from '../vm.ts'

/**
 * s0.v4: the first pre-check tests for "no slot" instead of "slot", so it never fires for existing memory. Nothing is
 * unsafe; but the pfn lookup is not saved.
 */
export const B_INV = variant({
  name: 'B-INV',
  subject: 'precheck',
  on: V6_8,
  kind: 'broken',
  reference: 's0.v4',
  says: 'the pre-check before the pfn lookup tests for no memslot',
  caughtBy: ['precheck_never_fires_before_pfn'],
  load: { shape: 'boot' },
  replaces: { mmuFaultinPfn: precheckWithoutSlot },
})

function* precheckWithoutSlot(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  fault.seq = yield* cpu.read(vm.invalidateSeq)
  yield* cpu.barrier(RMB)

  if (fault.slot === NO_MEMSLOT) {
    const early = yield* vm.kvm.invalidateRetryGfnUnsafe(cpu, vm, fault.seq, fault.gfn)
    if (early) {
      cpu.count(COUNTER.retry_precheck_before_pfn, 1)
      return RETRY
    }
  }

  if (fault.slot === NO_MEMSLOT) return noSlot(cpu, vm, fault)
  const invalid = yield* vm.memslots.isInvalid(cpu, fault.slot)
  if (invalid) return invalidSlot(cpu, fault)

  yield* faultinPfn(cpu, vm, fault)
  const late = yield* vm.kvm.invalidateRetryGfnUnsafe(cpu, vm, fault.seq, fault.gfn)
  if (late) {
    yield* releasePfn(cpu, vm, fault)
    cpu.count(COUNTER.retry_precheck_after_pfn, 1)
    return RETRY
  }
  fault.prechecked = true
  return CONTINUE
}
