import type { Word } from '../shared-memory/cpu.ts'
import type { Place } from '../shared-memory/place.ts'
import { Records } from '../shared-memory/records.ts'
import { type Fate, GOES_ON, SLEEPS, STANDS } from './activations.ts'
import { Asked } from './asked.ts'
import { blamesOfLines } from './blame.ts'
import { Caches, type Interconnect } from './cache.ts'
import { Cores, NONE } from './cores.ts'
import type { Costs } from './costs.ts'
import { SimulatedCpu, TIMES } from './cpu.ts'
import { Crowd } from './crowd.ts'
import { EventQueue } from './event-queue.ts'
import { LEDGER, Ledger, type Phases } from './ledger.ts'
import { Lines, NO_CPU, WORDS_PER_CACHE_LINE } from './lines.ts'
import { LockTimes } from './lock-times.ts'
import { Parked } from './parked.ts'
import { Servers } from './servers.ts'
import { type SharedState, Turn } from './shared-state.ts'
import { type Noted, TimelineCpu } from './timeline-cpu.ts'
import { type Placement, Topology } from './topology.ts'
import { Variation } from './variation.ts'

export type MachineOptions = {
  readonly place: Place
  readonly words: Int32Array
  readonly cpus: number
  readonly costs: Costs
  readonly records: Records
  /** ps. */
  readonly measureFrom: number
  readonly measureUntil: number
  /** Seed of the variation of work. */
  readonly seed: number
  readonly placement: Placement
  /** Where CPUs note what they do, if they are to. */
  readonly noted?: Noted | undefined
  /** With `noted`: how often a loop may ask whether a signal is pending, before one is. */
  readonly patience?: number
}

/** What a CPU waits for that will never come. */
export type Stuck = { readonly cpu: number; readonly name: string; readonly word: Word }

/** All CPUs of a run and what they share, in one thread: the earliest acts. */
export class Machine {
  readonly cpus: readonly SimulatedCpu[]
  readonly cores: Cores
  readonly #events: EventQueue
  readonly #costs: Costs
  readonly #lines: Lines
  readonly #servers: Servers
  readonly #parked: Parked
  readonly #crowd: Crowd
  readonly #phases: Phases
  readonly #ended: (cpu: SimulatedCpu) => void
  readonly #turn = new Turn()
  #running = -1
  #drained = 0
  /** ps: how far the run has come. No small integer to begin with: see Turn. */
  now = Number.NEGATIVE_INFINITY

  constructor(options: MachineOptions, ended: (cpu: SimulatedCpu) => void) {
    const { cpus, costs, words, place, records } = options
    const lines = Math.ceil(words.length / WORDS_PER_CACHE_LINE)
    this.#costs = costs
    this.#ended = ended
    this.#lines = new Lines(lines, cpus, costs.copies)
    const topology = new Topology(costs)
    this.cores = new Cores(cpus, topology.order(options.placement), costs.slice, costs.contextSwitch)
    this.#events = new EventQueue(cpus + Servers.COUNT)
    const wake = (cpu: number, time: number) => this.#wake(cpu, time)
    this.#servers = new Servers(cpus, costs, this.#events, wake)
    this.#parked = new Parked((cpu, time) => wake(cpu, time + costs.contextSwitch))
    this.#phases = {
      measureFrom: options.measureFrom,
      measureUntil: options.measureUntil,
      isOver: false,
      drained: () => this.#drainedOne(),
    }
    // Without a core for each, CPUs move from one to another, and what they share is lost on the way.
    const firstOnCore = this.cores.isCrowded
      ? Int16Array.from({ length: cpus }, (_, id) => id)
      : topology.firstOnCore(this.cores.coreOf)
    const interconnect: Interconnect = {
      lines: this.#lines,
      topology,
      costs,
      coreOf: this.cores.coreOf,
      asked: new Asked(cpus, firstOnCore),
      written: (line, time) => this.#written(line, time),
    }
    const shared: SharedState = {
      ...interconnect,
      words,
      times: new Float64Array(cpus * TIMES),
      caches: new Caches(interconnect),
      locks: new LockTimes(cpus, records.shape.locks),
      variation: new Variation(costs.workVariation, options.seed, cpus),
      turn: this.#turn,
      unused: { last: undefined },
      blames: blamesOfLines(place, lines),
      parked: (word, cpu) => this.#parked.add(word, cpu),
      unparked: (word, count, time) => this.#parked.wake(word, count, time),
      post: (cpu, kind, units, time) => this.#servers.post(cpu, kind, units, time),
      sendIpis: (units, time) => this.#servers.sendIpis(units, time),
      dvmOperations: () => this.#servers.dvmOperations,
      latest: () => this.#phases.measureUntil,
    }
    const shape = { ...records.shape, cpus: 1 }
    const unmeasured = new Records(shape, Records.buffers(shape, ArrayBuffer))
    const blocked = new Float64Array(cpus * LEDGER)
    this.cpus = Array.from({ length: cpus }, (_, id) => {
      const slowdown = shared.asked.sibling(id) === NO_CPU ? 1 : costs.siblingSlowdown
      const ledger = new Ledger(records, unmeasured, this.#phases, blocked, id)
      if (options.noted === undefined) return new SimulatedCpu(id, shared, ledger, slowdown)
      const cpu = new TimelineCpu(options.noted, options.measureFrom, id, shared, ledger, slowdown)
      cpu.patience = options.patience ?? cpu.patience
      return cpu
    })
    this.#crowd = new Crowd(this.cpus, this.cores, this.#events, costs, (id) => this.cpus[id]!.isOver)
  }

  /** The CPU plays this from that time on: a role of the flat build, or one that gives steps. */
  play(cpu: number, role: () => unknown, from: number): void {
    this.cpus[cpu]!.begin(role)
    this.cpus[cpu]!.clock = from
    if (this.cores.coreOf[cpu] !== NONE) this.#events.enter(cpu, from)
  }

  /** Lets at most so many events happen; false when there are no more. */
  run(events: number): boolean {
    for (let left = events; left > 0; left -= 1) {
      if (this.#events.isEmpty) return false
      const actor = this.#events.first
      this.now = this.#events.firstTime
      if (actor < this.cpus.length) this.#act(actor)
      else this.#servers.serve(actor, this.now)
    }
    return true
  }

  /**
   * Lets a CPU carry out what it stands before, now, although others may be earlier: for an order that is given. It goes on when that
   * is done, and stays where it is if it has to wait for others.
   */
  takeTurn(id: number): void {
    const cpu = this.cpus[id]!
    if (this.cpus[id]!.isOver) return
    cpu.clock = Math.max(cpu.clock, this.now)
    this.#turn.limit = 0
    this.#turn.ownLimit = 0
    while (cpu.perform() === STANDS) {}
    while (cpu.fate !== GOES_ON && cpu.waitsForServer && this.#serveNext()) if (cpu.fate === STANDS) cpu.perform()
    if (cpu.isAsleepForTime) {
      cpu.clock = Math.max(cpu.clock, cpu.wakesAt)
      cpu.perform()
    }
    this.now = Math.max(this.now, cpu.clock)
    if (cpu.fate === GOES_ON) this.#resume(cpu)
  }

  /** What is no access to memory happens on the way, until the CPU stands before one, waits, or has ended. */
  passUntilAccess(id: number): void {
    const cpu = this.cpus[id]!
    while (!this.cpus[id]!.isOver && cpu.fate !== SLEEPS && cpu.standsBeforeNoAccess) this.takeTurn(id)
  }

  /** The CPUs that have not ended, once nothing happens any more. */
  get stuck(): Stuck[] {
    return this.cpus.flatMap((cpu, id) => (this.cpus[id]!.isOver ? [] : [{ cpu: id, ...cpu.pending }]))
  }

  /** The measured window is over, but not every CPU has come to the end of an operation. */
  get isEnding(): boolean {
    return this.now > this.#phases.measureUntil
  }

  get steps(): number {
    return this.cpus.reduce((sum, cpu) => sum + cpu.steps, 0)
  }

  /** From then on no CPU begins anything new that is measured. */
  endAt(time: number): void {
    if (time < this.#phases.measureUntil) this.#phases.measureUntil = time
  }

  #act(id: number): void {
    const cpu = this.cpus[id]!
    if (cpu.fate === SLEEPS && cpu.clock < this.now) cpu.clock = this.now
    if (this.cores.isCrowded && (this.#isOver(id) || !this.#crowd.mayAct(cpu, this.now))) return
    const free = this.#events.secondTime
    const slice = this.cores.sliceEnd[id]!
    this.#turn.limit = Math.min(free, slice)
    this.#turn.ownLimit = Math.min(free + this.#costs.toNearest, slice)
    this.#running = id
    if (cpu.perform() === GOES_ON) this.#resume(cpu)
    this.#running = -1
    this.#settle(cpu, cpu.fate)
  }

  #resume(cpu: SimulatedCpu): void {
    cpu.goOn()
    if (cpu.isOver) this.#ended(cpu)
  }

  #settle(cpu: SimulatedCpu, fate: Fate): void {
    const { id } = cpu
    if (this.cpus[id]!.isOver) {
      this.#events.remove(id)
      if (this.cores.isCrowded) this.#crowd.passCore(id, cpu.clock)
    } else if (fate === STANDS || fate === GOES_ON) {
      this.#events.enterBehind(id, cpu.clock, cpu.follows)
    } else {
      this.#wait(cpu, fate)
    }
  }

  #wait(cpu: SimulatedCpu, fate: Fate): void {
    const { id } = cpu
    if (fate === SLEEPS) {
      const { wakesAt } = cpu
      if (wakesAt === Number.POSITIVE_INFINITY) this.#events.remove(id)
      else this.#events.enter(id, wakesAt)
      if (this.cores.isCrowded) this.#crowd.passCore(id, cpu.clock)
    } else if (this.cores.isCrowded && this.cores.someoneWaits) {
      this.#events.enter(id, Math.max(cpu.clock, this.cores.sliceEnd[id]!))
    } else {
      this.#events.remove(id)
    }
  }

  /** A role that has ended may still have been queued for a core, or looked at for its slice. */
  #isOver(id: number): boolean {
    const { isOver } = this.cpus[id]!
    if (isOver) this.#events.remove(id)
    return isOver
  }

  #wake(id: number, time: number, behind: number = NO_CPU): void {
    const cpu = this.cpus[id]!
    cpu.wake(time)
    // Preempted: it looks when it has a core again, for which it queues already.
    if (this.cores.isCrowded && this.cores.coreOf[id] === NONE && this.cores.isQueued(id)) return
    this.#events.enterBehind(id, cpu.clock, behind)
    if (this.#running < 0) return
    const turn = this.#turn
    turn.limit = Math.min(turn.limit, cpu.clock)
    turn.ownLimit = Math.min(turn.ownLimit, cpu.clock + this.#costs.toNearest)
  }

  #written(line: number, time: number): void {
    let behind = NO_CPU
    for (let id = this.#lines.takeWaiter(line); id !== NO_CPU; id = this.#lines.takeWaiter(line)) {
      this.#wake(id, time, behind)
      behind = id
    }
  }

  /** Advances the server that is done next; false if none has anything to do. */
  #serveNext(): boolean {
    const served = this.#servers.serveNext(this.now)
    if (served !== undefined) this.now = served
    return served !== undefined
  }

  #drainedOne(): void {
    this.#drained += 1
    if (this.#drained < this.cpus.length) return
    this.#phases.isOver = true
    // No CPU sleeps on for a time that has lost its meaning.
    for (const cpu of this.cpus) if (cpu.isAsleepForTime) this.#events.enter(cpu.id, this.now)
  }
}
