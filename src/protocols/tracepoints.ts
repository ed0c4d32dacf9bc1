/** Tracepoints of KVM that a run can note: which, and what they say. */
export const TRACEPOINTS = ['kvm_mmu_set_spte', 'kvm_unmap_hva_range', 'kvm_mmu_prepare_zap_page'] as const
export const SET_SPTE = 0 // gfn
export const UNMAP_HVA = 1 // start, end
export const ZAP_PAGE = 2 // kvm->arch.mmu_valid_gen, one bit

/** Takes down that a CPU has come to a tracepoint. */
export type Note = (cpu: number, tracepoint: number, value: number, other: number) => void
