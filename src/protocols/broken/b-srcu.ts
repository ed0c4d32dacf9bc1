import type { Cpu } from '../../shared-memory/cpu.ts'
import { EXCLUSIVE } from '../../shared-memory/lockdep/graph.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { assertRetryHasCause } from '../assertions.ts'
import { variant } from '../kernel.ts'
import { V6_12 } from '../kernels.ts'
import { type Fault, type FaultResult, RETRY } from '../page-fault.ts'
import { SITE } from '../sites.ts'
import type { Vm } from '../vm.ts'

/**
 * Prefault before 6.18: retries in the kernel, inside one SRCU section, for as long as the memslot is INVALID. Since then it
 * gives up with -EAGAIN.
 *
 *   vCPU                                   memslot updater
 *   ----                                   ---------------
 *   SRCU section
 *                                          M7 publishes the slot as INVALID
 *   F6 RETRY, and again, forever
 *                                          M9 waits for the section
 */
export const B_SRCU = variant({
  name: 'B-SRCU',
  subject: 'elision',
  on: V6_12,
  kind: 'broken',
  reference: 's3, prefault before v6.18',
  says: 'a fault retries in the kernel, inside one SRCU section, as long as the memslot is INVALID',
  caughtBy: ['retry_unbounded', 'lock_cycle'],
  load: { 'spare-access-share': '50', 'update-pause-us': '20' },
  replaces: { mmuPageFault: loopInsideSrcu },
})

function* loopInsideSrcu(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  for (;;) {
    const result = yield* vm.kvm.mmuDoPageFault(cpu, vm, fault)
    if (result !== RETRY || cpu.signalPending()) return result
    noteWaitForUpdate(cpu, vm, fault)
    assertRetryHasCause(cpu, vm, fault, true)
  }
}

/** To retry until the slot is valid is to wait until the owner of slots_lock releases it; lockdep records that. */
function noteWaitForUpdate(cpu: Cpu, vm: Vm, fault: Fault): void {
  if (!fault.metInvalidSlot || vm.updates === undefined) return
  vm.lockdep?.at(cpu, SITE.kvm_arch_vcpu_pre_fault_memory)
  vm.lockdep?.acquire(cpu, vm.updates.slotsLock.id, EXCLUSIVE)
  vm.lockdep?.release(cpu, vm.updates.slotsLock.id)
}
