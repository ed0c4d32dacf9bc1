import type { PreemptionModel } from '../../../protocols/vm-config.ts'

/** How a host was booted, and the size of its vCPUs' TLBs. */
export const HOST_PARAMETERS = {
  mmu: {
    kind: 'choice',
    says: 'tdp: faults take mmu_lock for read; shadow: for write',
    choices: ['tdp', 'shadow'],
    default: 'tdp',
  },
  preempt: {
    kind: 'choice',
    says: 'how the host was booted, with PREEMPT_DYNAMIC: since 6.11 a contended zapper yields with full and lazy (6.13) only, before with all of them',
    choices: ['none', 'voluntary', 'full', 'lazy'],
    default: 'full',
  },
  tlb: { kind: 'integer', says: 'translations that a vCPU keeps, a power of two', low: 1, high: 65_536, default: 512 },
} as const

/** The properties that a VM inherits from its host. A TLB holds a power of two, at most the requested size. */
export const hostOf = ({ preempt, tlb }: { readonly preempt: PreemptionModel; readonly tlb: number }) => ({
  preempt,
  tlbEntries: 1 << (31 - Math.clz32(tlb)),
})
