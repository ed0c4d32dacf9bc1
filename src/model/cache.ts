import type { Costs } from './costs.ts'
import { Copies, type Lines, NOBODY } from './lines.ts'
import type { Topology } from './topology.ts'

/** What the caches of all CPUs share. */
export type Interconnect = {
  readonly lines: Lines
  readonly topology: Topology
  readonly costs: Costs
  /** By CPU: the core that it runs on. */
  readonly coreOf: Int16Array
  /** The line was written at that time: whoever watches it may look. */
  readonly written: (line: number, time: number) => void
}

/** The lines that one CPU has. Times are ps. */
export class Cache {
  readonly #id: number
  readonly #shared: Interconnect
  readonly #lines: Lines
  readonly #costs: Costs
  readonly #copies: Copies

  constructor(id: number, shared: Interconnect) {
    this.#id = id
    this.#shared = shared
    this.#lines = shared.lines
    this.#costs = shared.costs
    this.#copies = new Copies(shared.costs.copies)
  }

  /** To read. */
  has(line: number): boolean {
    return this.#lines.owner[line] === this.#id || this.#copies.has(line, this.#lines.version[line]!)
  }

  /** Alone, to change. */
  owns(line: number): boolean {
    return this.#lines.owner[line] === this.#id && this.#lines.isShared[line] === 0
  }

  /**
   * Asks for a copy, or for the line alone to use it for so long, behind everybody who asked before; returns when it is
   * here. Until then it stays where it is: whoever has it may use it once more, as a CAS does that has just failed.
   */
  ask(line: number, asked: number, use: number): number {
    const lines = this.#lines
    const last = lines.lastAsker[line]!
    // Whoever has the line's content only has the others drop theirs, unless the line is promised to somebody else.
    const isUpgrade = last === lines.owner[line] && this.has(line)
    const transfer = isUpgrade ? this.#costs.upgrade : this.#transferFrom(last)
    const arrival = Math.max(asked, lines.busyUntil[line]!) + transfer
    lines.lastAsker[line] = this.#id
    lines.isAskedShared[line] = 0
    lines.busyUntil[line] = arrival + use
    return arrival
  }

  /** The same for a copy: whoever wrote the line last gives it up once, after that a reader keeps its home for less. */
  askCopy(line: number, asked: number): number {
    const lines = this.#lines
    const start = Math.max(asked, lines.busyUntil[line]!)
    const transfer = this.#transferFrom(lines.lastAsker[line]!)
    const occupied = lines.isAskedShared[line] === 0 ? transfer : Math.min(transfer, this.#costs.sharedRead)
    lines.isAskedShared[line] = 1
    lines.busyUntil[line] = start + occupied
    return start + transfer
  }

  copyArrives(line: number): void {
    this.#lines.isShared[line] = 1
    this.#copies.put(line, this.#lines.version[line]!)
  }

  /** The line is here, alone, and will have been written at that time: whoever watches it is told. */
  lineArrives(line: number, written: number): void {
    const lines = this.#lines
    lines.owner[line] = this.#id
    lines.isShared[line] = 0
    lines.version[line]! += 1
    if (lines.lastWaiter[line] !== NOBODY) this.#shared.written(line, written)
  }

  #transferFrom(owner: number): number {
    if (owner === NOBODY) return this.#costs.toMemory
    const { coreOf, topology } = this.#shared
    return topology.transfer(coreOf[owner]!, coreOf[this.#id]!)
  }
}
