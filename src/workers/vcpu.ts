import { assertApicAccess } from '../protocols/apic-oracles.ts'
import { COUNTER, HISTOGRAM } from '../protocols/counters.ts'
import { assertRetryHasCause } from '../protocols/oracles.ts'
import { EMULATE, Fault, RETRY } from '../protocols/page-fault.ts'
import {
  ACCESSED,
  accessGuestMemory,
  enterGuest,
  exitGuest,
  FAULT_PROTECTION,
  isKicked,
  reloadRoot,
  type Vcpu,
} from '../protocols/vcpu.ts'
import type { Vm } from '../protocols/vm.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import type { Accesses } from './accesses.ts'

const NOT_TIMED = -1

/** Times one in `every` departures from the guest; 0 times none, and reads no clock. */
class Stopwatch {
  readonly #every: number
  #left: number

  constructor(every: number) {
    this.#every = every
    this.#left = every
  }

  get isTiming(): boolean {
    return this.#every > 0
  }

  begin(cpu: Cpu): number {
    this.#left -= 1
    if (this.#left !== 0) return NOT_TIMED
    this.#left = this.#every
    return cpu.now()
  }
}

/**
 * The role of a vCPU: runs the guest, which touches memory; leaves it when it faults or is kicked, and comes back.
 *
 * `sampleEvery`: of its departures from the guest, one in so many is timed; 0: none.
 */
export function* runVcpu(cpu: Cpu, vm: Vm, accesses: Accesses, sampleEvery: number): Steps<void> {
  const vcpu = vm.vcpus[cpu.id]!
  const fault = new Fault()
  const stopwatch = new Stopwatch(sampleEvery)
  yield* vcpu.srcuReadLock(cpu)
  yield* enter(cpu, vm, vcpu, stopwatch)
  while (cpu.running() && accesses.next()) {
    if (accesses.atNs >= 0) yield* halt(cpu, vm, vcpu, accesses.atNs, stopwatch)
    const kicked = yield* isKicked(cpu, vcpu)
    if (kicked) yield* answerKick(cpu, vm, vcpu, stopwatch)
    const access = yield* accessGuestMemory(cpu, vm, vcpu, accesses.gfn)
    if (access === ACCESSED) {
      if (vm.apic !== undefined) assertApicAccess(cpu, vm, vcpu, accesses.gfn)
      continue
    }

    const beganNs = stopwatch.begin(cpu)
    fault.begin(accesses.gfn, access === FAULT_PROTECTION)
    yield* resolve(cpu, vm, vcpu, fault, stopwatch)
    if (beganNs !== NOT_TIMED) record(cpu, beganNs, accesses.atNs)
  }
  yield* exitGuest(cpu, vcpu)
  yield* vcpu.srcuReadUnlock(cpu)
}

/** Into the guest. How long that took is recorded if the address of the APIC-access page had to be reloaded on the way. */
function* enter(cpu: Cpu, vm: Vm, vcpu: Vcpu, stopwatch: Stopwatch): Steps<void> {
  if (vm.apic === undefined || !stopwatch.isTiming) {
    yield* enterGuest(cpu, vm, vcpu)
    return
  }
  const apic = vm.apic.of(vcpu)
  const reloads = apic.reloads
  const beganNs = cpu.now()
  yield* enterGuest(cpu, vm, vcpu)
  if (apic.reloads !== reloads) cpu.record(HISTOGRAM.apic_stall_ns, cpu.now() - beganNs)
}

function record(cpu: Cpu, beganNs: number, dueNs: number): void {
  const endedNs = cpu.now()
  cpu.record(HISTOGRAM.fault_latency_ns, endedNs - beganNs)
  cpu.record(HISTOGRAM.guest_stall_ns, endedNs - beganNs)
  if (dueNs >= 0) cpu.record(HISTOGRAM.fault_response_ns, endedNs - dueNs)
}

/** The guest has nothing to do until `atNs`: it executes HLT, and the vCPU waits outside of it. */
function* halt(cpu: Cpu, vm: Vm, vcpu: Vcpu, atNs: number, stopwatch: Stopwatch): Steps<void> {
  if (cpu.now() >= atNs) return
  yield* exitGuest(cpu, vcpu)
  yield* vcpu.srcuReadUnlock(cpu)
  yield* cpu.untilTime(atNs)
  yield* vcpu.srcuReadLock(cpu)
  yield* enter(cpu, vm, vcpu, stopwatch)
}

/** An interrupt has come: out of the guest, and back in. */
function* answerKick(cpu: Cpu, vm: Vm, vcpu: Vcpu, stopwatch: Stopwatch): Steps<void> {
  const beganNs = stopwatch.begin(cpu)
  cpu.count(COUNTER.request_irq_exits, 1)
  yield* exitGuest(cpu, vcpu)
  yield* enter(cpu, vm, vcpu, stopwatch)
  if (beganNs !== NOT_TIMED) cpu.record(HISTOGRAM.guest_stall_ns, cpu.now() - beganNs)
}

/** From the exit to the access that succeeds: as many faults as that takes. */
function* resolve(cpu: Cpu, vm: Vm, vcpu: Vcpu, fault: Fault, stopwatch: Stopwatch): Steps<void> {
  for (;;) {
    yield* exitGuest(cpu, vcpu)
    yield* reloadRoot(cpu, vm, vcpu)
    const result = yield* vm.rules.pageFault(cpu, vm, fault)
    if (result === RETRY) assertRetryHasCause(cpu, vm, fault)
    yield* enter(cpu, vm, vcpu, stopwatch)
    // KVM_RUN returns to the VMM when a signal is pending, whatever has become of the fault.
    if (result === EMULATE || cpu.signalPending()) return

    const kicked = yield* isKicked(cpu, vcpu)
    if (kicked) {
      cpu.count(COUNTER.request_irq_exits, 1)
      yield* exitGuest(cpu, vcpu)
      yield* enter(cpu, vm, vcpu, stopwatch)
    }
    const access = yield* accessGuestMemory(cpu, vm, vcpu, fault.gfn)
    if (access === ACCESSED) {
      if (vm.apic !== undefined) assertApicAccess(cpu, vm, vcpu, fault.gfn)
      return
    }
    fault.present = access === FAULT_PROTECTION
  }
}
