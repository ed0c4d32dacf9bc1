import type { Steps } from '../shared-memory/steps.ts'
import type { Kvm } from './kvm.ts'
import { type FaultResult, FIXED } from './page-fault.ts'
import { type Note, SET_SPTE, UNMAP_HVA } from './tracepoints.ts'

/** The table with KVM's tracepoints, where the kernel has them: for a run that writes what ftrace would. A zapper notes its own zaps. */
export const traced = (kvm: Kvm, note: Note): Kvm => ({
  ...kvm,

  *invalidateRangeStart(cpu, vm, start, end, mayBlock): Steps<void> {
    note(cpu.id, UNMAP_HVA, start, end)
    yield* kvm.invalidateRangeStart(cpu, vm, start, end, mayBlock)
  },

  *directMap(cpu, vm, fault): Steps<FaultResult> {
    const result = yield* kvm.directMap(cpu, vm, fault)
    if (result === FIXED) note(cpu.id, SET_SPTE, fault.gfn, 0)
    return result
  },

  *tdpMmuMap(cpu, vm, fault): Steps<FaultResult> {
    const result = yield* kvm.tdpMmuMap(cpu, vm, fault)
    if (result === FIXED) note(cpu.id, SET_SPTE, fault.gfn, 0)
    return result
  },
})
