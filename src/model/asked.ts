import { NO_CPU } from './lines.ts'

const NONE = -1

/**
 * What CPUs have asked for and not had yet, for the two threads of a core: a line that reaches the core serves both before it
 * leaves. So one thread need not queue behind other cores for a line that the other has asked for already.
 */
export class Asked {
  /** By CPU of the run: the first that shares its core, itself if none comes before it. */
  readonly firstOnCore: Int16Array
  /** By CPU: another CPU of the run that shares its core, or NO_CPU. */
  readonly siblings: Int16Array
  readonly #lines: Int32Array
  readonly #arrivals: Float64Array

  constructor(cpus: number, firstOnCore: Int16Array) {
    this.firstOnCore = firstOnCore
    this.siblings = new Int16Array(cpus).fill(NO_CPU)
    for (const [cpu, first] of firstOnCore.entries()) {
      if (first === cpu) continue
      this.siblings[cpu] = first
      this.siblings[first] = cpu
    }
    this.#lines = new Int32Array(cpus).fill(NONE)
    this.#arrivals = new Float64Array(cpus)
  }

  sibling(cpu: number): number {
    return this.siblings[cpu]!
  }

  /** The CPU queues for the line, which comes at that time. */
  queues(cpu: number, line: number, arrival: number): void {
    this.#lines[cpu] = line
    this.#arrivals[cpu] = arrival
  }

  arrived(cpu: number): void {
    this.#lines[cpu] = NONE
  }

  /** When the line comes to the CPU's core for its sibling, which queued for it; NONE if it does not. */
  comesFor(cpu: number, line: number): number {
    const sibling = this.siblings[cpu]!
    return sibling !== NO_CPU && this.#lines[sibling] === line ? this.#arrivals[sibling]! : NONE
  }
}
