import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { type Fault, type FaultResult, RETRY } from '../page-fault.ts'
import type { MemAttributes } from './mem-attributes.ts'

// How memory attributes affect a page fault, in a VM of type KVM_X86_SW_PROTECTED_VM.

/** `hugepage_test_mixed()`, with mmu_lock held on either side. */
export function* isMixed(cpu: Cpu, attributes: MemAttributes, gfn: Gfn): Steps<boolean> {
  if (!attributes.covers(gfn)) return false
  const mixed = yield* cpu.read(attributes.mixed(gfn))
  return mixed !== 0
}

/** `kvm_mmu_page_fault()`: the guest accesses the gfn as what it currently is. */
export function* seePrivacy(cpu: Cpu, attributes: MemAttributes, fault: Fault): Steps<void> {
  fault.isPrivate = yield* attributes.isPrivate(cpu, fault.gfn)
}

/** `kvm_mmu_faultin_pfn()`: whether it is still that, now that mmu_invalidate_seq was read. */
export function* isStillSo(cpu: Cpu, attributes: MemAttributes, fault: Fault): Steps<boolean> {
  const isPrivate = yield* attributes.isPrivate(cpu, fault.gfn)
  return isPrivate === fault.isPrivate
}

/** `kvm_mmu_prepare_memory_fault_exit()`: KVM exits to the VMM, which runs the vCPU again. */
export function memoryFault(cpu: Cpu): FaultResult {
  cpu.count(COUNTER.memory_fault_exits, 1)
  return RETRY
}
