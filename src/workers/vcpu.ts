import { assertApicAccess } from '../protocols/apic/oracles.ts'
import { assertRetryHasCause } from '../protocols/assertions.ts'
import { COUNTER, HISTOGRAM } from '../protocols/counters.ts'
import { ACCESSED, accessGuestMemory, FAULT_PROTECTION } from '../protocols/guest-access.ts'
import { switchRoot } from '../protocols/nx/root-walk.ts'
import { EMULATE, Fault, RETRY } from '../protocols/page-fault.ts'
import type { Vcpu } from '../protocols/vcpu.ts'
import { enterGuest, exitGuest, isKicked, loadFirstRoot } from '../protocols/vcpu-run.ts'
import type { Vm } from '../protocols/vm.ts'
import type { Gfn } from '../shared-memory/addresses.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import { W, X } from '../shared-memory/page-tables/spte.ts'
import type { Steps } from '../shared-memory/steps.ts'
import type { Accesses } from './accesses.ts'
import { answerKick, enter, halt, NOT_TIMED, Stopwatch, untilTurn } from './guest-time.ts'
import { isRoundUnderWay } from './nx-recovery.ts'
import { publish } from './pace.ts'

/**
 * The role of a vCPU: runs the guest, which touches memory; leaves it when it faults or is kicked, and comes back.
 *
 * `sampleEvery`: one departure from the guest in this many is timed, or fewer if they are frequent; 0: none. `id`: which vCPU of the VM it is.
 */
export function* runVcpu(cpu: Cpu, vm: Vm, accesses: Accesses, sampleEvery: number, id: number = cpu.id): Steps<void> {
  const vcpu = vm.vcpus[id]!
  const fault = new Fault()
  const stopwatch = new Stopwatch(sampleEvery, id)
  const { pace } = accesses
  let endedNs = 0
  yield* vcpu.srcuReadLock(cpu)
  yield* enter(cpu, vm, vcpu, stopwatch)
  while (cpu.running() && accesses.next()) {
    if (pace !== undefined) yield* untilTurn(cpu, vm, vcpu, accesses, pace, endedNs, stopwatch)
    else if (accesses.atNs >= 0) yield* halt(cpu, vm, vcpu, accesses.atNs, stopwatch)
    yield* step(cpu, vm, vcpu, accesses, fault, stopwatch)
    if (pace === undefined) continue
    endedNs = cpu.now()
    yield* publish(cpu, vm, accesses.index + 1, !pace.hasCore)
  }
  yield* exitGuest(cpu, vcpu)
  yield* vcpu.srcuReadUnlock(cpu)
}

/** A step of the guest: it answers an interrupt, if there is one, and touches a page. */
function* step(cpu: Cpu, vm: Vm, vcpu: Vcpu, accesses: Accesses, fault: Fault, stopwatch: Stopwatch): Steps<void> {
  if (accesses.leavesRoot || stopwatch.isDue) {
    const kicked = yield* isKicked(cpu, vcpu)
    if (kicked) yield* answerKick(cpu, vm, vcpu, stopwatch)
    if (accesses.leavesRoot) yield* leaveRoot(cpu, vm, vcpu)
  } else {
    const { gfn, access, mapUnits } = accesses
    const end = yield* untimedStep(cpu, vm, vcpu, fault, stopwatch, gfn, access, mapUnits)
    if (end === DEPARTED) stopwatch.passOver()
    if (end !== KICKED) return
    yield* answerKick(cpu, vm, vcpu, stopwatch)
  }
  yield* touch(cpu, vm, vcpu, accesses, fault, stopwatch)
}

/** How a step ends that is not timed: the vCPU stayed in the guest, or left it for a fault, or an interrupt is to be answered first. */
const STAYED = 0
const DEPARTED = 1
const KICKED = 2
type StepEnd = typeof STAYED | typeof DEPARTED | typeof KICKED

/** A step of a vCPU that is not timed, in one function: threads call it compiled. */
function* untimedStep(
  cpu: Cpu,
  vm: Vm,
  vcpu: Vcpu,
  fault: Fault,
  stopwatch: Stopwatch,
  gfn: Gfn,
  kind: number,
  mapUnits: number,
): Steps<StepEnd> {
  const kicked = yield* isKicked(cpu, vcpu)
  if (kicked) return KICKED
  const access = yield* accessGuestMemory(cpu, vm, vcpu, gfn, kind)
  if (access === ACCESSED) {
    if (vm.apic !== undefined) assertApicAccess(cpu, vm, vcpu, gfn)
    return STAYED
  }
  fault.begin(gfn, access === FAULT_PROTECTION, kind === X)
  fault.mapUnits = mapUnits
  yield* resolve(cpu, vm, vcpu, fault, stopwatch)
  return DEPARTED
}

/** One access of the guest, and the fault that it may be. */
function* touch(cpu: Cpu, vm: Vm, vcpu: Vcpu, accesses: Accesses, fault: Fault, stopwatch: Stopwatch): Steps<void> {
  const access = yield* accessGuestMemory(cpu, vm, vcpu, accesses.gfn, accesses.access)
  if (access === ACCESSED) {
    if (vm.apic !== undefined) assertApicAccess(cpu, vm, vcpu, accesses.gfn)
    return
  }
  const beganNs = stopwatch.begin(cpu)
  const round = beganNs === NOT_TIMED ? 0 : roundOf(cpu, vm)
  fault.begin(accesses.gfn, access === FAULT_PROTECTION, accesses.access === X)
  fault.mapUnits = accesses.mapUnits
  yield* resolve(cpu, vm, vcpu, fault, stopwatch)
  if (beganNs !== NOT_TIMED) record(cpu, vm, accesses, beganNs, round)
}

/** Faults on recovered pages are the cost of recovery; faults on other gfns during a round should not become slower. */
function record(cpu: Cpu, vm: Vm, { isRecoverable, atNs }: Accesses, beganNs: number, round: number): void {
  const endedNs = cpu.now()
  const latencyNs = endedNs - beganNs
  cpu.record(HISTOGRAM.guest_stall_ns, latencyNs)
  if (isRecoverable) {
    cpu.record(HISTOGRAM.nx_refault_latency_ns, latencyNs)
    return
  }
  cpu.record(HISTOGRAM.fault_latency_ns, latencyNs)
  if (atNs >= 0) cpu.record(HISTOGRAM.fault_response_ns, endedNs - atNs)
  if (isRoundUnderWay(round) || round !== roundOf(cpu, vm)) cpu.record(HISTOGRAM.nx_fault_latency_ns, latencyNs)
}

/** The round of the recovery worker, if there is one. */
const roundOf = (cpu: Cpu, { nx }: Vm): number => (nx === undefined ? 0 : cpu.peek(nx.round))

/** The vCPU changes its role, and with it the root on which it is. */
function* leaveRoot(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<void> {
  if (vm.nx === undefined) return
  yield* exitGuest(cpu, vcpu)
  yield* switchRoot(cpu, vm, vm.nx, vcpu)
  yield* enterGuest(cpu, vm, vcpu)
}

/** From the exit to the access that succeeds: as many faults as that takes. */
function* resolve(cpu: Cpu, vm: Vm, vcpu: Vcpu, fault: Fault, stopwatch: Stopwatch): Steps<void> {
  for (;;) {
    yield* exitGuest(cpu, vcpu)
    yield* loadFirstRoot(cpu, vm, vcpu)
    const result = yield* vm.kvm.mmuPageFault(cpu, vm, fault)
    if (result === RETRY) assertRetryHasCause(cpu, vm, fault)
    fault.endTry()
    yield* enter(cpu, vm, vcpu, stopwatch)
    // KVM_RUN returns to the VMM when a signal is pending, with any result of the fault.
    if (result === EMULATE || cpu.signalPending()) {
      fault.finish()
      return
    }

    const kicked = yield* isKicked(cpu, vcpu)
    if (kicked) {
      cpu.count(COUNTER.request_irq_exits, 1)
      yield* exitGuest(cpu, vcpu)
      yield* enter(cpu, vm, vcpu, stopwatch)
    }
    const access = yield* accessGuestMemory(cpu, vm, vcpu, fault.gfn, fault.exec ? X : W)
    if (access === ACCESSED) {
      if (vm.apic !== undefined) assertApicAccess(cpu, vm, vcpu, fault.gfn)
      if (fault.attempt > 1) fault.finish()
      return
    }
    fault.present = access === FAULT_PROTECTION
  }
}
