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

  /** Gets a copy; returns when it is here. */
  fetch(line: number, asked: number): number {
    const lines = this.#lines
    const start = Math.max(asked, lines.busyUntil[line]!)
    const transfer = this.#transferFrom(lines.owner[line]!)
    // Whoever wrote the line last has to give it up once; after that each reader keeps its home for less.
    const occupied = lines.isShared[line] === 0 ? transfer : Math.min(transfer, this.#costs.sharedRead)
    lines.isShared[line] = 1
    lines.busyUntil[line] = start + occupied
    this.#copies.put(line, lines.version[line]!)
    return start + transfer
  }

  /** Gets the line alone, behind everybody who asked for it before, and uses it for so long; returns the end of that. */
  take(line: number, asked: number, use: number): number {
    const lines = this.#lines
    const owner = lines.owner[line]!
    const start = Math.max(asked, lines.busyUntil[line]!)
    // The owner of a shared line only has the others drop their copies.
    const transfer = owner === this.#id ? this.#costs.toSocket : this.#transferFrom(owner)
    const until = start + transfer + use
    lines.busyUntil[line] = until
    lines.owner[line] = this.#id
    lines.isShared[line] = 0
    lines.version[line]! += 1
    if (lines.lastWaiter[line] !== NOBODY) this.#shared.written(line, until)
    return until
  }

  #transferFrom(owner: number): number {
    if (owner === NOBODY) return this.#costs.toMemory
    const { coreOf, topology } = this.#shared
    return topology.transfer(coreOf[owner]!, coreOf[this.#id]!)
  }
}
