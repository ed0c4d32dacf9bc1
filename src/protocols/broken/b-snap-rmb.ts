import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { faultinPfn, invalidSlot, noSlot, releasePfn } from '../fault.ts'
import { variant } from '../kernel.ts'
import { V6_8 } from '../kernels.ts'
import { NO_MEMSLOT } from '../memslots/memslot.ts'
import { CONTINUE, type Fault, type FaultResult, RETRY } from '../page-fault.ts'
import type { Vm } from '../vm.ts'

/**
 * The smp_rmb() is missing: the source says sequence, then pfn, and the CPU may load them the other way round, as B-SNAP
 * does. A page that is counted hides it: its reference is taken by an atomic operation, and the entry is looked at again.
 */
export const B_SNAP_RMB = variant({
  name: 'B-SNAP-rmb',
  subject: 'precheck',
  on: V6_8,
  kind: 'broken',
  reference: 's0, smp_rmb() missing',
  says: 'the sequence and the pfn may be loaded in either order',
  caughtBy: [],
  unseenBecause: 'only a memory model that reorders shows it',
  isCheckedOnly: true,
  replaces: { mmuFaultinPfn: snapshotUnordered },
})

function* snapshotUnordered(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  fault.seq = yield* cpu.read(vm.invalidateSeq)

  if (fault.slot === NO_MEMSLOT) return noSlot(cpu, vm, fault)
  const invalid = yield* vm.memslots.isInvalid(cpu, fault.slot)
  if (invalid) return invalidSlot(cpu, fault)

  const early = yield* vm.kvm.invalidateRetryGfnUnsafe(cpu, vm, fault.seq, fault.gfn)
  if (early) {
    cpu.count(COUNTER.retry_precheck_before_pfn, 1)
    return RETRY
  }
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
