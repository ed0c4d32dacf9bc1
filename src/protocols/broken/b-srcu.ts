import type { Cpu } from '../../shared-memory/cpu.ts'
import { EXCLUSIVE } from '../../shared-memory/lockdep/graph.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { handlePageFault } from '../fault.ts'
import { assertRetryHasCause } from '../oracles.ts'
import { type Fault, type FaultResult, RETRY } from '../page-fault.ts'
import type { Rules } from '../rules.ts'
import { SITE } from '../sites.ts'
import { PRECHECK } from '../variants.ts'
import type { Vm } from '../vm.ts'

/**
 * Prefault before 6.18: retries in the kernel, inside one SRCU section, for as long as the memslot is INVALID. Since then it
 * gives up with -EAGAIN.
 *
 *   vCPU                                   memslot updater
 *   ----                                   ---------------
 *   SRCU section
 *                                          M7 publishes the slot as INVALID
 *   F6 RETRY, and again, for ever
 *                                          M9 waits for the section
 */
export const B_SRCU: Rules = { ...PRECHECK, pageFault: loopInsideSrcu }

function* loopInsideSrcu(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  for (;;) {
    const result = yield* handlePageFault(cpu, vm, fault)
    if (result !== RETRY || cpu.signalPending()) return result
    noteWaitForUpdate(cpu, vm, fault)
    assertRetryHasCause(cpu, vm, fault, true)
  }
}

/** To retry until the slot is valid is to wait until whoever has slots_lock lets go of it; lockdep is told so. */
function noteWaitForUpdate(cpu: Cpu, vm: Vm, fault: Fault): void {
  if (!fault.metInvalidSlot || vm.updates === undefined) return
  vm.lockdep?.at(cpu, SITE.kvm_arch_vcpu_pre_fault_memory)
  vm.lockdep?.acquire(cpu, vm.updates.slotsLock.id, EXCLUSIVE)
  vm.lockdep?.release(cpu, vm.updates.slotsLock.id)
}
