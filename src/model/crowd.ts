import { SPINS } from './activations.ts'
import { type Cores, NONE } from './cores.ts'
import type { Costs } from './costs.ts'
import type { SimulatedCpu } from './cpu.ts'
import type { EventQueue } from './event-queue.ts'

/** CPUs that share fewer cores: a CPU that has a core keeps it for a slice, and then hands it on. Times are ps. */
export class Crowd {
  readonly #cpus: readonly SimulatedCpu[]
  readonly #cores: Cores
  readonly #events: EventQueue
  readonly #costs: Costs
  /** Whether a CPU has nothing to play any more. */
  readonly #isOver: (cpu: number) => boolean

  constructor(
    cpus: readonly SimulatedCpu[],
    cores: Cores,
    events: EventQueue,
    costs: Costs,
    isOver: (cpu: number) => boolean,
  ) {
    this.#cpus = cpus
    this.#cores = cores
    this.#events = events
    this.#costs = costs
    this.#isOver = isOver
  }

  /** With fewer cores than CPUs: whether this one has a core and may keep it. */
  mayAct(cpu: SimulatedCpu, now: number): boolean {
    const { id } = cpu
    const cores = this.#cores
    if (cores.coreOf[id] === NONE) {
      this.#events.remove(id)
      if (cores.isGivenCore(id, cpu.clock)) {
        cpu.clock += cores.contextSwitch
        this.#events.enter(id, cpu.clock)
      } else {
        this.#watchSlices(now)
      }
      return false
    }
    if (cpu.fate === SPINS) return this.#spinsOn(cpu, now)
    if (cpu.clock < cores.sliceEnd[id]!) return true
    if (!cores.someoneWaits) {
      cores.renew(id, cpu.clock)
      return true
    }
    if (this.#mustStay(cpu)) {
      cpu.wantsResched = true
      return true
    }
    this.#preempt(cpu, cpu.clock)
    return false
  }

  /** A CPU that waits is looked at because its slice may be over; there is nothing for it to do. */
  #spinsOn(cpu: SimulatedCpu, now: number): false {
    const { id } = cpu
    const sliceEnd = this.#cores.sliceEnd[id]!
    if (!this.#cores.someoneWaits) this.#events.remove(id)
    else if (now < sliceEnd) this.#events.enter(id, sliceEnd)
    else if (this.#mustStay(cpu)) this.#events.enter(id, now + this.#costs.slice)
    else this.#preempt(cpu, now)
    return false
  }

  /**
   * A kernel that is not preempted with a lock held, or while it spins for one; but then it answers IPIs, too. A holder that waits for the
   * answers of CPUs without a core gives up its own core to them. Those that spin for its lock give way then, because it would never get one again.
   */
  #mustStay(cpu: SimulatedCpu): boolean {
    if (this.#costs.preemptsLockHolders || !cpu.isAtLock || cpu.waitsForAnswers) return false
    return cpu.fate !== SPINS || !this.#isLockWithoutCore()
  }

  /** Whether a CPU with a lock waits for a core. Asked only when a slice is over. */
  #isLockWithoutCore(): boolean {
    return this.#cpus.some((cpu) => cpu.isAtLock && this.#cores.coreOf[cpu.id] === NONE && !this.#isOver(cpu.id))
  }

  #preempt(cpu: SimulatedCpu, at: number): void {
    cpu.wantsResched = false
    this.#events.remove(cpu.id)
    this.passCore(cpu.id, at)
    this.#cores.requeue(cpu.id, at)
  }

  /** The CPU's core goes to the CPU that has waited for one longest. */
  passCore(id: number, at: number): void {
    if (this.#cores.coreOf[id] === NONE) return
    const next = this.#cores.release(id, at)
    if (next === NONE) return
    const cpu = this.#cpus[next]!
    const began = at + this.#cores.contextSwitch
    const lost = Math.max(this.#cores.queuedAt(next), cpu.fate === SPINS ? 0 : cpu.clock)
    if (cpu.fate === SPINS) {
      // What it waits for has not happened yet: it spins on.
      cpu.hadNoCore(lost, began)
      if (this.#cores.someoneWaits) this.#events.enter(next, this.#cores.sliceEnd[next]!)
      return
    }
    cpu.clock = Math.max(cpu.clock, began)
    cpu.hadNoCore(lost, began)
    this.#events.enter(next, cpu.clock)
  }

  /** A CPU waits for a core: those that spin have to be looked at when their slices end. */
  #watchSlices(now: number): void {
    for (const { id, fate, clock } of this.#cpus) {
      if (fate !== SPINS || this.#cores.coreOf[id] === NONE || this.#isOver(id)) continue
      this.#events.enter(id, Math.max(clock, now, this.#cores.sliceEnd[id]!))
    }
  }
}
