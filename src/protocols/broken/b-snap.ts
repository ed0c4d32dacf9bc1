import { type Cpu, RMB } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { WORK_KIND } from '../costs.ts'
import { COUNTER } from '../counters.ts'
import { faultinPfn, invalidSlot, noSlot, releasePfn } from '../fault.ts'
import { variant } from '../kernel.ts'
import { V6_8 } from '../kernels.ts'
import { NO_MEMSLOT } from '../memslots/memslot.ts'
import { CONTINUE, type Fault, type FaultResult, RETRY } from '../page-fault.ts'
import type { Vm } from '../vm.ts'

/**
 * The sequence is read after the pfn has been looked up (or: the smp_rmb between them is missing).
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *                                          S1 .. S9
 *   F8 old pfn, the PTE has not changed
 *                                          changes the PTE, frees the page
 *                                          E1 .. E7
 *   takes the new seq, F11 passes
 *   F12 installs the freed page
 */
export const B_SNAP = variant({
  name: 'B-SNAP',
  subject: 'precheck',
  on: V6_8,
  kind: 'broken',
  reference: 's0, smp_rmb omitted',
  says: 'the sequence is read after the pfn lookup',
  caughtBy: ['stale_install', 'stale_use'],
  load: { shape: 'stream' },
  replaces: { mmuFaultinPfn: snapshotAfterPfn },
})

function* snapshotAfterPfn(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  if (fault.slot === NO_MEMSLOT) return noSlot(cpu, vm, fault)
  const invalid = yield* vm.memslots.isInvalid(cpu, fault.slot)
  if (invalid) return invalidSlot(cpu, fault)

  yield* faultinPfn(cpu, vm, fault)
  // The vCPU is preempted in the window, which is a few instructions otherwise, too few for threads to meet.
  yield* cpu.work(WORK_KIND.context_switch, 1)
  fault.seq = yield* cpu.read(vm.invalidateSeq)
  yield* cpu.barrier(RMB)
  const late = yield* vm.kvm.invalidateRetryGfnUnsafe(cpu, vm, fault.seq, fault.gfn)
  if (late) {
    yield* releasePfn(cpu, vm, fault)
    cpu.count(COUNTER.retry_precheck_after_pfn, 1)
    return RETRY
  }
  fault.prechecked = true
  return CONTINUE
}
