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

/**
 * The lines that each CPU has. One object for all CPUs: those of a thousand are more than the host's cache holds. Times are ps.
 */
export class Caches {
  /** By CPU: under which number its copies are kept, one for both threads of a core while a cache has room for all lines, else each its own. */
  readonly #copiesOf: Int16Array
  /** By CPU: another CPU of the run that shares its core, or NO_CPU. */
  readonly #siblings: Int16Array
  readonly #shared: Interconnect
  readonly #lines: Lines
  readonly #state: Int32Array
  readonly #costs: Costs
  readonly #sharers: Sharers
  /** By CPU: the one that asked last before it for the line that it waits for: the line comes there first. */
  readonly #follows: Int16Array

  constructor(shared: Interconnect) {
    const { siblings, firstOnCore } = shared.asked
    this.#copiesOf = shared.lines.sharers.haveRoom ? firstOnCore : firstOnCore.map((_, id) => id)
    this.#siblings = siblings
    this.#follows = new Int16Array(siblings.length).fill(NO_CPU)
    this.#shared = shared
    this.#lines = shared.lines
    this.#state = shared.lines.state
    this.#costs = shared.costs
    this.#sharers = shared.lines.sharers
  }

  /** To read. */
  has(line: number, id: number): boolean {
    return this.#state[(line << STATE_SHIFT) + OWNER] === id || this.#sharers.has(line, this.#copiesOf[id]!)
  }

  /** Alone, to change. */
  owns(line: number, id: number): boolean {
    const at = line << STATE_SHIFT
    return this.#state[at + OWNER] === id && this.#state[at + IS_SHARED] === 0
  }

  /** The CPU whose event comes before what that CPU has asked for, as far as it is known. */
  follows(id: number): number {
    return this.#follows[id]!
  }

  /**
   * Asks for a copy, or for the line alone to use it for so long, behind every CPU that asked before; returns when it is
   * here. Until then it stays where it is: the CPU that has it may use it once more, as a CAS does that has just failed.
   */
  ask(line: number, id: number, asked: number, use: number): number {
    const state = this.#state
    const at = line << STATE_SHIFT
    const last = state[at + LAST_ASKER]!
    const sibling = this.#siblings[id]!
    if (sibling !== NO_CPU && last !== sibling) {
      const comes = this.#shared.asked.comesFor(id, line)
      if (comes > asked) return comes + use + this.#costs.toSibling
    }
    this.#standBehind(at, id)
    // A CPU with a copy only has the others drop theirs, unless the line is promised to another CPU.
    const isUpgrade = last === state[at + OWNER] && this.has(line, id)
    const transfer = isUpgrade ? this.#costs.upgrade : this.#transfer(last, id)
    const arrival = Math.max(asked, this.#lines.busyUntil(line)) + transfer
    state[at + LAST_ASKER] = id
    state[at + LAST_READER] = NO_CPU
    this.#lines.keepBusy(line, arrival + use)
    if (sibling !== NO_CPU) this.#shared.asked.queues(id, line, arrival)
    return arrival
  }

  /** Every CPU that asked for the line has had it: it would be on its way at once. */
  isFree(line: number, at: number): boolean {
    return this.#lines.busyUntil(line) <= at
  }

  /** The same for a copy: the CPU that wrote the line last gives it up once, after that a reader keeps its home for less. */
  askCopy(line: number, id: number, asked: number): number {
    const state = this.#state
    const at = line << STATE_SHIFT
    const start = Math.max(asked, this.#lines.busyUntil(line))
    const transfer = this.#transfer(state[at + LAST_ASKER]!, id)
    const isFirst = state[at + LAST_READER] === NO_CPU
    const occupied = isFirst ? transfer : Math.min(transfer, this.#costs.sharedRead)
    this.#standBehind(at, id)
    state[at + LAST_READER] = id
    this.#lines.keepBusy(line, start + occupied)
    return start + transfer
  }

  copyArrives(line: number, id: number): void {
    this.#state[(line << STATE_SHIFT) + IS_SHARED] = 1
    this.#sharers.put(line, this.#copiesOf[id]!)
  }

  /** The line is here, alone, and will have been written at that time: the CPUs that watch it are told. */
  lineArrives(line: number, id: number, written: number): void {
    if (this.#siblings[id] !== NO_CPU) this.#shared.asked.arrived(id)
    const state = this.#state
    const at = line << STATE_SHIFT
    if (state[at + IS_SHARED] !== 0) this.#sharers.clear(line)
    state[at + OWNER] = id
    state[at + IS_SHARED] = 0
    if (this.#lines.isWatched(line)) this.#shared.written(line, written)
  }

  #standBehind(at: number, id: number): void {
    const reader = this.#state[at + LAST_READER]!
    this.#follows[id] = reader === NO_CPU ? this.#state[at + LAST_ASKER]! : reader
  }

  #transfer(owner: number, id: number): number {
    if (owner === NO_CPU) return this.#costs.toMemory
    const { coreOf, topology } = this.#shared
    return topology.transfer(coreOf[owner]!, coreOf[id]!)
  }
}
