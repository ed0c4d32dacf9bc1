import { type Cpu, MB, RELAXED, WMB } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import type { Vcpu } from './vcpu.ts'

// Bits of `vcpu->requests`. All of these wait, and none wakes a sleeping vCPU.

/** Number 0. */
export const KVM_REQ_TLB_FLUSH = 1 << 0
/** Number 17 of the architecture's, which begin at 8. */
export const KVM_REQ_APIC_PAGE_RELOAD = 1 << 25

/** Number 31 of the architecture's: bit 39 there, the next free one here. */
export const KVM_REQ_MMU_FREE_OBSOLETE_ROOTS = 1 << 26

/** Number 1, to v5.17: the next free one here, as it was not the architecture's. */
export const KVM_REQ_MMU_RELOAD = 1 << 27

/** `kvm_make_request()`: the CPU that finds the bit sees everything written before. */
export function* makeRequest(cpu: Cpu, vcpu: Vcpu, request: number): Steps<void> {
  // Pairs with the barrier in checkRequest().
  yield* cpu.barrier(WMB)
  yield* cpu.or(vcpu.requests, request, RELAXED)
}

/** `kvm_check_request()`: whether it is pending; from here on it is not. */
export function* checkRequest(cpu: Cpu, vcpu: Vcpu, request: number): Steps<boolean> {
  const requests = yield* cpu.load(vcpu.requests)
  if ((requests & request) === 0) return false
  yield* cpu.and(vcpu.requests, ~request, RELAXED)
  // From here on, the requester's writes before the bit are visible. Pairs with the barrier in makeRequest().
  yield* cpu.barrier(MB)
  return true
}
