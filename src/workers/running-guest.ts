import { WORK_KIND } from '../protocols/costs.ts'
import { COUNTER } from '../protocols/counters.ts'
import { enterGuest, exitGuest, isKicked } from '../protocols/vcpu-run.ts'
import type { Vm } from '../protocols/vm.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'

/** The role of a vCPU whose guest computes and touches no memory that matters: it leaves the guest for interrupts alone. */
export function* runGuest(cpu: Cpu, vm: Vm): Steps<void> {
  const vcpu = vm.vcpus[cpu.id]!
  yield* vcpu.srcuReadLock(cpu)
  yield* enterGuest(cpu, vm, vcpu)
  while (cpu.running()) {
    const kicked = yield* isKicked(cpu, vcpu)
    if (kicked) {
      cpu.count(COUNTER.request_irq_exits, 1)
      yield* exitGuest(cpu, vcpu)
      yield* enterGuest(cpu, vm, vcpu)
    }
    yield* cpu.work(WORK_KIND.guest_access, 1)
    cpu.count(COUNTER.guest_accesses, 1)
  }
  yield* exitGuest(cpu, vcpu)
  yield* vcpu.srcuReadUnlock(cpu)
}
