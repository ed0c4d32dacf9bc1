import type { Asked } from './asked.ts'
import type { Costs } from './costs.ts'
import { IS_SHARED, LAST_ASKER, LAST_READER, type Lines, NO_CPU, OWNER, type Sharers, STATE_SHIFT } from './lines.ts'
import type { Topology } from './topology.ts'

/** What the caches of all CPUs share. */
export type Interconnect = {
  readonly lines: Lines
  readonly topology: Topology
  readonly costs: Costs
  /** By CPU: the core that it runs on. */
  readonly coreOf: Int16Array
  readonly asked: Asked
  /** The line was written at that time: the CPUs that watch it may look. */
  readonly written: (line: number, time: number) => void
}

/** The lines that one CPU has. Times are ps. */
export class Cache {
  readonly #id: number
  /** Under which copies are kept: one for both threads of a core while a cache has room for all lines, else each its own. */
  readonly #core: number
  /** Whether another CPU of the run shares the core. */
  readonly #isShared: boolean
  readonly #shared: Interconnect
  readonly #lines: Lines
  readonly #state: Int32Array
  readonly #costs: Costs
  readonly #sharers: Sharers
  /** The CPU that asked last before this one for the line that it waits for: the line comes there first. */
  follows = NO_CPU

  constructor(id: number, shared: Interconnect) {
    this.#id = id
    this.#core = shared.lines.sharers.haveRoom ? shared.asked.firstOnCore[id]! : id
    this.#isShared = shared.asked.sibling(id) !== NO_CPU
    this.#shared = shared
    this.#lines = shared.lines
    this.#state = shared.lines.state
    this.#costs = shared.costs
    this.#sharers = shared.lines.sharers
  }

  /** To read. */
  has(line: number): boolean {
    return this.#state[(line << STATE_SHIFT) + OWNER] === this.#id || this.#sharers.has(line, this.#core)
  }

  /** Alone, to change. */
  owns(line: number): boolean {
    const at = line << STATE_SHIFT
    return this.#state[at + OWNER] === this.#id && this.#state[at + IS_SHARED] === 0
  }

  /**
   * Asks for a copy, or for the line alone to use it for so long, behind every CPU that asked before; returns when it is
   * here. Until then it stays where it is: the CPU that has it may use it once more, as a CAS does that has just failed.
   */
  ask(line: number, asked: number, use: number): number {
    const state = this.#state
    const at = line << STATE_SHIFT
    const last = state[at + LAST_ASKER]!
    if (this.#isShared && last !== this.#shared.asked.sibling(this.#id)) {
      const comes = this.#shared.asked.comesFor(this.#id, line)
      if (comes > asked) return comes + use + this.#costs.toSibling
    }
    this.#standBehind(at)
    // A CPU with a copy only has the others drop theirs, unless the line is promised to another CPU.
    const isUpgrade = last === state[at + OWNER] && this.has(line)
    const transfer = isUpgrade ? this.#costs.upgrade : this.#transferFrom(last)
    const arrival = Math.max(asked, this.#lines.busyUntil(line)) + transfer
    state[at + LAST_ASKER] = this.#id
    state[at + LAST_READER] = NO_CPU
    this.#lines.keepBusy(line, arrival + use)
    if (this.#isShared) this.#shared.asked.queues(this.#id, line, arrival)
    return arrival
  }

  /** Every CPU that asked for the line has had it: it would be on its way at once. */
  isFree(line: number, at: number): boolean {
    return this.#lines.busyUntil(line) <= at
  }

  /** The same for a copy: the CPU that wrote the line last gives it up once, after that a reader keeps its home for less. */
  askCopy(line: number, asked: number): number {
    const state = this.#state
    const at = line << STATE_SHIFT
    const start = Math.max(asked, this.#lines.busyUntil(line))
    const transfer = this.#transferFrom(state[at + LAST_ASKER]!)
    const isFirst = state[at + LAST_READER] === NO_CPU
    const occupied = isFirst ? transfer : Math.min(transfer, this.#costs.sharedRead)
    this.#standBehind(at)
    state[at + LAST_READER] = this.#id
    this.#lines.keepBusy(line, start + occupied)
    return start + transfer
  }

  copyArrives(line: number): void {
    this.#state[(line << STATE_SHIFT) + IS_SHARED] = 1
    this.#sharers.put(line, this.#core)
  }

  /** The line is here, alone, and will have been written at that time: the CPUs that watch it are told. */
  lineArrives(line: number, written: number): void {
    if (this.#isShared) this.#shared.asked.arrived(this.#id)
    const state = this.#state
    const at = line << STATE_SHIFT
    if (state[at + IS_SHARED] !== 0) this.#sharers.clear(line)
    state[at + OWNER] = this.#id
    state[at + IS_SHARED] = 0
    if (this.#lines.isWatched(line)) this.#shared.written(line, written)
  }

  #standBehind(at: number): void {
    const reader = this.#state[at + LAST_READER]!
    this.follows = reader === NO_CPU ? this.#state[at + LAST_ASKER]! : reader
  }

  #transferFrom(owner: number): number {
    if (owner === NO_CPU) return this.#costs.toMemory
    const { coreOf, topology } = this.#shared
    return topology.transfer(coreOf[owner]!, coreOf[this.#id]!)
  }
}
