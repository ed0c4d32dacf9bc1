import { BROADCAST_KIND, WORK_KIND } from '../protocols/costs.ts'
import { COUNTER } from '../protocols/counters.ts'
import { makeAllCpusRequest } from '../protocols/remote-flush.ts'
import { KVM_REQ_TLB_FLUSH } from '../protocols/requests.ts'
import type { Vm } from '../protocols/vm.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import type { ScalingPlan } from './scaling-plan.ts'

/** The flush after an operation, if its plan has one. */
export function* flushAfter(cpu: Cpu, vm: Vm, { flush, flushUnits }: ScalingPlan): Steps<void> {
  if (flush === 'local') yield* cpu.work(WORK_KIND.tlbi_local, flushUnits)
  if (flush === 'tlbi' || flush === 'broadcast') yield* invalidate(cpu, flushUnits)
  if (flush === 'broadcast') yield* invalidate(cpu, flushUnits)
  if (flush === 'invlpgb') yield* cpu.work(WORK_KIND.invlpgb, 1)
  if (flush === 'remote') yield* requestFlush(cpu, vm)
}

/** TLBIs and their DSB ISH; break-before-make has one of IPAS2E1IS and one of VMALLE1IS. */
function* invalidate(cpu: Cpu, units: number): Steps<void> {
  yield* cpu.broadcast(BROADCAST_KIND.tlbi, units)
  yield* cpu.broadcast(BROADCAST_KIND.dsb_ish, 1)
}

function* requestFlush(cpu: Cpu, vm: Vm): Steps<void> {
  yield* cpu.work(WORK_KIND.make_request, vm.vcpus.length)
  yield* makeAllCpusRequest(cpu, vm, KVM_REQ_TLB_FLUSH, COUNTER.tlb_flush_ipis)
}
