import { type Cpu, MB } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { BROADCAST_KIND, WORK_KIND } from './costs.ts'
import { COUNTER } from './counters.ts'
import { KVM_REQ_TLB_FLUSH, makeRequest } from './requests.ts'
import { EXITING_GUEST_MODE, IN_GUEST_MODE, OUTSIDE_GUEST_MODE } from './vcpu.ts'
import type { Vm } from './vm.ts'

/**
 * `kvm_flush_remote_tlbs()`, virt/kvm/kvm_main.c: when it returns, no vCPU that was in the guest still uses an old translation, and those outside
 * will flush before they enter. May be called under mmu_lock; the wait happens there. `cause` is counted.
 */
export function* flushRemoteTlbs(cpu: Cpu, vm: Vm, cause: number): Steps<void> {
  cpu.count(cause, 1)
  cpu.count(COUNTER.remote_tlb_flush_requests, 1)
  const sent = yield* makeAllCpusRequest(cpu, vm, KVM_REQ_TLB_FLUSH, COUNTER.tlb_flush_ipis)
  if (sent) cpu.count(COUNTER.remote_tlb_flush, 1)
}

/**
 * `kvm_make_all_cpus_request()`, virt/kvm/kvm_main.c, of a request that waits: sets it for every vCPU, interrupts those in guest mode and waits
 * until each has left it. Returns whether an IPI was sent; `ipis` counts them.
 */
export function* makeAllCpusRequest(cpu: Cpu, vm: Vm, request: number, ipis: number): Steps<boolean> {
  const targets = vm.local[cpu.id]!.ipiTargets
  let sent = 0
  for (const vcpu of vm.vcpus) {
    yield* makeRequest(cpu, vcpu, request)
    // The request is seen before the mode is looked at: Dekker. Pairs with the barrier in tryToEnter().
    yield* cpu.barrier(MB)
    const mode = yield* cpu.cas(vcpu.mode, IN_GUEST_MODE, EXITING_GUEST_MODE)
    const needsIpi = mode !== OUTSIDE_GUEST_MODE
    targets[vcpu.id] = needsIpi ? 1 : 0
    if (needsIpi) sent += 1
  }
  if (sent === 0) return false

  cpu.count(ipis, sent)
  yield* cpu.broadcast(BROADCAST_KIND.ipi, sent)
  yield* cpu.work(WORK_KIND.ipi_delivery, 1)
  for (const vcpu of vm.vcpus) {
    // The handler has run when the vCPU has left EXITING_GUEST_MODE. Pairs with exitGuest().
    if (targets[vcpu.id] === 1) {
      yield* cpu.untilClear(vcpu.mode, EXITING_GUEST_MODE)
      targets[vcpu.id] = 0
    }
  }
  return true
}
