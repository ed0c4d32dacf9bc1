/** The tracepoints of KVM that a run can record, and their arguments. */
export const TRACEPOINTS = ['kvm_mmu_set_spte', 'kvm_unmap_hva_range', 'kvm_mmu_prepare_zap_page'] as const
export const SET_SPTE = 0 // gfn
export const UNMAP_HVA = 1 // start, end
export const ZAP_PAGE = 2 // kvm->arch.mmu_valid_gen, one bit

/** Records that a CPU has reached a tracepoint. */
export type Note = (cpu: number, tracepoint: number, value: number, other: number) => void
