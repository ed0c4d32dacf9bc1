import { HISTOGRAM } from '../protocols/counters.ts'
import { assertRetryHasCause } from '../protocols/oracles.ts'
import { EMULATE, Fault, RETRY } from '../protocols/page-fault.ts'
import {
  ACCESSED,
  accessGuestMemory,
  enterGuest,
  exitGuest,
  FAULT_PROTECTION,
  isKicked,
  type Vcpu,
} from '../protocols/vcpu.ts'
import type { Vm } from '../protocols/vm.ts'
import type { Gfn } from '../shared-memory/addresses.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import type { Accesses } from './accesses.ts'

const NOT_TIMED = -1

/**
 * The role of a vCPU: runs the guest, which touches memory; leaves it when it faults or is kicked, and comes back.
 *
 * `sampleEvery`: of the accesses that leave the guest, one in so many is timed; 0 times none.
 */
export function* runVcpu(cpu: Cpu, vm: Vm, accesses: Accesses, sampleEvery: number): Steps<void> {
  const vcpu = vm.vcpus[cpu.id]!
  const fault = new Fault()
  let untilSample = sampleEvery
  yield* enterGuest(cpu, vcpu)
  while (cpu.running() && accesses.next()) {
    if (accesses.atNs >= 0) yield* halt(cpu, vcpu, accesses.atNs)
    const access = yield* touch(cpu, vm, vcpu, accesses.gfn)
    if (access === ACCESSED) continue

    untilSample -= 1
    const isTimed = untilSample === 0
    if (isTimed) untilSample = sampleEvery
    const beganNs = isTimed ? cpu.now() : NOT_TIMED
    fault.begin(accesses.gfn, access === FAULT_PROTECTION)
    yield* resolve(cpu, vm, vcpu, fault)
    if (!isTimed) continue
    const endedNs = cpu.now()
    cpu.record(HISTOGRAM.fault_latency_ns, endedNs - beganNs)
    if (accesses.atNs >= 0) cpu.record(HISTOGRAM.fault_response_ns, endedNs - accesses.atNs)
  }
  yield* exitGuest(cpu, vcpu)
}

/** The guest has nothing to do until `atNs`: it executes HLT, and the vCPU waits outside of it. */
function* halt(cpu: Cpu, vcpu: Vcpu, atNs: number): Steps<void> {
  if (cpu.now() >= atNs) return
  yield* exitGuest(cpu, vcpu)
  yield* cpu.untilTime(atNs)
  yield* enterGuest(cpu, vcpu)
}

/** One access, after whatever interrupt has come. */
function* touch(cpu: Cpu, vm: Vm, vcpu: Vcpu, gfn: Gfn): Steps<number> {
  const kicked = yield* isKicked(cpu, vcpu)
  if (kicked) {
    yield* exitGuest(cpu, vcpu)
    yield* enterGuest(cpu, vcpu)
  }
  return yield* accessGuestMemory(cpu, vm, vcpu, gfn)
}

/** From the exit to the access that succeeds: as many faults as that takes. */
function* resolve(cpu: Cpu, vm: Vm, vcpu: Vcpu, fault: Fault): Steps<void> {
  for (;;) {
    yield* exitGuest(cpu, vcpu)
    const result = yield* vm.rules.pageFault(cpu, vm, fault)
    if (result === RETRY) assertRetryHasCause(cpu, vm, fault)
    yield* enterGuest(cpu, vcpu)
    // KVM_RUN returns to the VMM when a signal is pending, whatever has become of the fault.
    if (result === EMULATE || cpu.signalPending()) return
    const access = yield* touch(cpu, vm, vcpu, fault.gfn)
    if (access === ACCESSED) return
    fault.present = access === FAULT_PROTECTION
  }
}
