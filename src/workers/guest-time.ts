import { leafAt } from '../protocols/assertions.ts'
import { COUNTER, HISTOGRAM } from '../protocols/counters.ts'
import type { Vcpu } from '../protocols/vcpu.ts'
import { enterGuest, exitGuest, isKicked } from '../protocols/vcpu-run.ts'
import type { Vm } from '../protocols/vm.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import { NONPRESENT } from '../shared-memory/page-tables/spte.ts'
import type { Steps } from '../shared-memory/steps.ts'
import type { Accesses } from './accesses.ts'
import { isDuring, isFree, type RecordedPace, untilFree } from './pace.ts'
import { SampleRate } from './sample-rate.ts'

export const NOT_TIMED = -1

/** Times one in `every` departures from the guest, or fewer if they are frequent; 1 times each, and 0 none, and reads no clock. */
export class Stopwatch {
  readonly #every: number
  /** Undefined: all are timed, or none. */
  readonly #rate: SampleRate | undefined
  #left: number
  /** The last that was timed: when it began, and which it was after the one before. */
  #lastNs = Number.NaN
  #lastStride = 0
  #stride: number

  /** `seed`: of the sample. */
  constructor(every: number, seed: number) {
    this.#every = every
    this.#rate = every > 1 ? new SampleRate(every, seed) : undefined
    this.#stride = every
    this.#left = every
  }

  get isTiming(): boolean {
    return this.#every > 0
  }

  /** The next departure is timed. */
  get isDue(): boolean {
    return this.#left === 1
  }

  /** A departure that is not timed. */
  passOver(): void {
    this.#left -= 1
  }

  begin(cpu: Cpu): number {
    this.#left -= 1
    if (this.#left !== 0) return NOT_TIMED
    // Before the clock is read: it is no part of what is timed.
    if (this.#rate !== undefined) this.#choose(cpu, this.#rate)
    this.#left = this.#stride
    this.#lastNs = cpu.now()
    return this.#lastNs
  }

  #choose(cpu: Cpu, rate: SampleRate): void {
    const stride = rate.next(this.#lastStride, this.#lastNs)
    this.#lastStride = this.#stride
    this.#stride = stride
    cpu.countHighest(COUNTER.fault_timed_one_in_max, rate.oneIn)
  }
}

/** Into the guest. How long that took is recorded if the address of the APIC-access page had to be reloaded on the way. */
export function* enter(cpu: Cpu, vm: Vm, vcpu: Vcpu, stopwatch: Stopwatch): Steps<void> {
  if (vm.apic === undefined || !stopwatch.isTiming) {
    yield* enterGuest(cpu, vm, vcpu)
    return
  }
  const apic = vm.apic.of(vcpu)
  apic.hasReloaded = false
  const beganNs = cpu.now()
  yield* enterGuest(cpu, vm, vcpu)
  if (apic.hasReloaded) cpu.record(HISTOGRAM.apic_stall_ns, cpu.now() - beganNs)
}

/** The guest has nothing to do until `atNs`: it executes HLT, and the vCPU waits outside of it. */
export function* halt(cpu: Cpu, vm: Vm, vcpu: Vcpu, atNs: number, stopwatch: Stopwatch): Steps<void> {
  if (cpu.now() >= atNs) return
  yield* exitGuest(cpu, vcpu)
  yield* vcpu.srcuReadUnlock(cpu)
  yield* cpu.untilTime(atNs)
  yield* vcpu.srcuReadLock(cpu)
  yield* enter(cpu, vm, vcpu, stopwatch)
}

/** An interrupt has come: out of the guest, and back in. */
export function* answerKick(cpu: Cpu, vm: Vm, vcpu: Vcpu, stopwatch: Stopwatch): Steps<void> {
  const beganNs = stopwatch.begin(cpu)
  cpu.count(COUNTER.request_irq_exits, 1)
  yield* exitGuest(cpu, vcpu)
  yield* enter(cpu, vm, vcpu, stopwatch)
  if (beganNs !== NOT_TIMED) cpu.record(HISTOGRAM.guest_stall_ns, cpu.now() - beganNs)
}

/** The guest computes until then: the vCPU stays in it, and interrupts reach it. */
function* compute(cpu: Cpu, vm: Vm, vcpu: Vcpu, untilNs: number, stopwatch: Stopwatch): Steps<void> {
  const sinceNs = cpu.now()
  for (;;) {
    const kicked = yield* isKicked(cpu, vcpu)
    if (kicked) yield* answerKick(cpu, vm, vcpu, stopwatch)
    const nowNs = cpu.now()
    if (nowNs >= untilNs || !cpu.running()) return
    yield* cpu.untilTime(Math.min(untilNs, nowNs + stepNs(nowNs - sinceNs)))
  }
}

/** How soon a guest that computes notices an interrupt; one that does so for long is looked at less often. */
const OFTEN_NS = 500
const SELDOM_NS = 2000
const LONG_NS = 200_000
const stepNs = (forNs: number) => (forNs < LONG_NS ? OFTEN_NS : SELDOM_NS)
/** It is not worth leaving the guest for less. */
const SHORT_NS = 5000

/**
 * Lets the guest wait until item `index` of its pace is due; `endedNs`: the end of the previous item. Without its own core the
 * vCPU follows the clock, `dueNs`: each sleep is longer than requested by more than most distances, and the errors would add up.
 */
export function* untilTurn(
  cpu: Cpu,
  vm: Vm,
  vcpu: Vcpu,
  accesses: Accesses,
  pace: RecordedPace,
  endedNs: number,
  stopwatch: Stopwatch,
): Steps<void> {
  const { index } = accesses
  if (!pace.hasCore) return yield* untilDue(cpu, vm, vcpu, pace, index, accesses.atNs, stopwatch)
  const lagNs = pace.lagsNs[index]!
  const isInGuest = pace.hasCore && pace.away[index] === 0
  if (lagNs < 0) yield* idle(cpu, vm, vcpu, endedNs + pace.pausesNs[index]!, isInGuest, stopwatch)
  const free = yield* isFree(cpu, vm, pace, index, false)
  if (!free) yield* awaitCause(cpu, vm, vcpu, pace, index, isInGuest, stopwatch)
  if (lagNs >= 0) yield* idle(cpu, vm, vcpu, cpu.now() + lagNs, isInGuest, stopwatch)
  if (isDuring(pace, index)) yield* untilGone(cpu, vm, vcpu, accesses, pace, stopwatch)
}

/** The removal of the page is in progress, and the guest touches the page as soon as it is gone: the fault then finds mmu_lock taken. */
function* untilGone(
  cpu: Cpu,
  vm: Vm,
  vcpu: Vcpu,
  { gfn, index }: Accesses,
  pace: RecordedPace,
  stopwatch: Stopwatch,
): Steps<void> {
  while (cpu.running()) {
    if (!vcpu.tlb.holds(gfn) && leafAt(cpu, vm, gfn) === NONPRESENT) return
    const over = yield* isFree(cpu, vm, pace, index, true)
    if (over) return
    yield* compute(cpu, vm, vcpu, cpu.now() + OFTEN_NS, stopwatch)
  }
}

function* untilDue(
  cpu: Cpu,
  vm: Vm,
  vcpu: Vcpu,
  pace: RecordedPace,
  index: number,
  dueNs: number,
  stopwatch: Stopwatch,
): Steps<void> {
  yield* halt(cpu, vm, vcpu, dueNs, stopwatch)
  const free = yield* isFree(cpu, vm, pace, index, true)
  if (!free) yield* awaitCause(cpu, vm, vcpu, pace, index, false, stopwatch)
}

function* idle(cpu: Cpu, vm: Vm, vcpu: Vcpu, untilNs: number, isInGuest: boolean, stopwatch: Stopwatch): Steps<void> {
  if (isInGuest || untilNs - cpu.now() < SHORT_NS) yield* compute(cpu, vm, vcpu, untilNs, stopwatch)
  else yield* halt(cpu, vm, vcpu, untilNs, stopwatch)
}

function* awaitCause(
  cpu: Cpu,
  vm: Vm,
  vcpu: Vcpu,
  pace: RecordedPace,
  index: number,
  isInGuest: boolean,
  stopwatch: Stopwatch,
): Steps<void> {
  if (!isInGuest) {
    yield* exitGuest(cpu, vcpu)
    yield* vcpu.srcuReadUnlock(cpu)
    yield* untilFree(cpu, vm, pace, index)
    yield* vcpu.srcuReadLock(cpu)
    yield* enter(cpu, vm, vcpu, stopwatch)
    return
  }
  const sinceNs = cpu.now()
  for (;;) {
    const free = yield* isFree(cpu, vm, pace, index, false)
    if (free || !cpu.running()) return
    yield* compute(cpu, vm, vcpu, cpu.now() + stepNs(cpu.now() - sinceNs), stopwatch)
  }
}
