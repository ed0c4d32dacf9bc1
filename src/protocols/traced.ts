import type { Steps } from '../shared-memory/steps.ts'
import type { Kvm } from './kvm.ts'
import { type FaultResult, FIXED } from './page-fault.ts'

/** Tracepoints of KVM that a run can note: which, and what they say. */
export const TRACEPOINTS = ['kvm_mmu_set_spte', 'kvm_unmap_hva_range', 'kvm_mmu_prepare_zap_page'] as const
export const SET_SPTE = 0 // gfn
export const UNMAP_HVA = 1 // start, end
export const ZAP_PAGE = 2 // kvm->arch.mmu_valid_gen, one bit

/** Takes down that a CPU has come to a tracepoint. */
export type Note = (cpu: number, tracepoint: number, value: number, other: number) => void

/** The table with KVM's tracepoints, where the kernel has them: for a run that writes what ftrace would. Who zaps notes that itself. */
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
