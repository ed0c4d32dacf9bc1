import { WORK_KIND } from '../protocols/costs.ts'
import { COUNTER } from '../protocols/counters.ts'
import { ACCESSED } from '../protocols/guest-access.ts'
import { EMULATE } from '../protocols/page-fault.ts'
import { accessStage2 } from '../protocols/stage2/guest.ts'
import { assertRefaultEnds } from '../protocols/stage2/oracles.ts'
import { Stage2Fault } from '../protocols/stage2/page-fault.ts'
import { unmapStage2Vm } from '../protocols/stage2/unmap.ts'
import type { Stage2Vm } from '../protocols/vm.ts'
import type { Gfn } from '../shared-memory/addresses.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'

/** The role of a vCPU on a stage-2 table, as data that can be sent to a worker. */
export type Stage2VcpuPlan = {
  /** Which VM of the machine, and which of its vCPUs; the first one resets the guest. */
  readonly vm: number
  readonly vcpu: number
  /** Where the guest executes after a reset, one gfn after the other: the same for all of its vCPUs. */
  readonly gfns: readonly number[]
  /** How often the guest is reset; 0: until the run is over. */
  readonly rounds: number
  /** Whether faults are timed. */
  readonly isTimed: boolean
}

/**
 * The role of a vCPU whose guest boots again and again. The VMM stops all vCPUs; the first unmaps the guest's memory and loads
 * the image, which maps it to be written; then all execute it, and fault for the same permission at the same time.
 *
 * `histogram`: where the time is recorded from the exit to the instruction that succeeds.
 */
export function* runStage2Vcpu(cpu: Cpu, vm: Stage2Vm, plan: Stage2VcpuPlan, histogram: number): Steps<void> {
  const { rendezvous, vcpus } = vm.stage2
  const fault = new Stage2Fault(vcpus[plan.vcpu]!)
  for (let round = 0; cpu.running() && (plan.rounds === 0 || round < plan.rounds); round += 1) {
    yield* rendezvous.arrive(cpu)
    if (plan.vcpu === 0) yield* resetGuest(cpu, vm, plan, fault)
    yield* rendezvous.arrive(cpu)
    for (const gfn of plan.gfns) {
      fault.beginAccess(gfn as Gfn, true)
      yield* execute(cpu, vm, fault, plan.isTimed ? histogram : NOT_TIMED)
    }
  }
  yield* rendezvous.leave(cpu)
}

const NOT_TIMED = -1

/** `KVM_ARM_VCPU_INIT`, and the image is loaded by writing to it. */
function* resetGuest(cpu: Cpu, vm: Stage2Vm, plan: Stage2VcpuPlan, fault: Stage2Fault): Steps<void> {
  cpu.count(COUNTER.guest_resets, 1)
  yield* unmapStage2Vm(cpu, vm)
  for (const gfn of plan.gfns) {
    fault.beginAccess(gfn as Gfn, false)
    yield* execute(cpu, vm, fault, NOT_TIMED)
  }
}

/** The guest's access, and as many faults as it takes. */
function* execute(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault, histogram: number): Steps<void> {
  let access = yield* accessStage2(cpu, vm, fault)
  if (access === ACCESSED) return
  const beganNs = histogram === NOT_TIMED ? 0 : cpu.now()
  while (access !== ACCESSED) {
    cpu.count(COUNTER.exits, 1)
    yield* cpu.work(WORK_KIND.exit_entry, 1)
    const result = yield* vm.kvm.userMemAbort(cpu, vm, fault)
    fault.endTry()
    if (result === EMULATE || cpu.signalPending()) return
    access = yield* accessStage2(cpu, vm, fault)
    if (access !== ACCESSED) assertRefaultEnds(cpu, vm, fault, result)
  }
  if (histogram !== NOT_TIMED) cpu.record(histogram, cpu.now() - beganNs)
}
