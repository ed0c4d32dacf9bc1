/** No core. */
export const NONE = -1

/**
 * Which CPUs have a core. With as many cores as CPUs of a run, each has its own and keeps it. With fewer, a runnable CPU queues
 * for one, first come, first served, and loses it again after a time slice if others wait: also with a lock held, as when
 * the host is itself a guest. Times are ps.
 */
export class Cores {
  readonly isCrowded: boolean
  readonly coreOf: Int16Array
  /** By CPU: the end of its time slice. It may keep its core until then if others wait for one. */
  readonly sliceEnd: Float64Array
  /** By CPU: the time since which it is runnable without a core, and how often it got one. */
  readonly #queuedAt: Float64Array
  readonly slices: Int32Array
  readonly #queue: number[] = []
  readonly #free: number[]
  readonly #slice: number
  readonly #contextSwitch: number

  /** `order`: the cores in the order in which they are given away. */
  constructor(cpus: number, order: Int16Array, slice: number, contextSwitch: number) {
    const cores = order.length
    this.isCrowded = cpus > cores
    this.coreOf = Int16Array.from({ length: cpus }, (_, cpu) => order[cpu] ?? NONE)
    this.sliceEnd = new Float64Array(cpus).fill(this.isCrowded ? slice : Number.POSITIVE_INFINITY)
    this.#queuedAt = new Float64Array(cpus)
    this.slices = new Int32Array(cpus).fill(1)
    this.#free = Array.from(order.subarray(cpus))
    this.#slice = slice
    this.#contextSwitch = contextSwitch
    for (let cpu = cores; cpu < cpus; cpu += 1) this.#queue.push(cpu)
  }

  get someoneWaits(): boolean {
    return this.#queue.length > 0
  }

  /** The CPU is runnable at that time: whether it has a core, or gets one at once. */
  isGivenCore(cpu: number, time: number): boolean {
    if (this.coreOf[cpu] !== NONE) return true
    const core = this.#free.pop()
    if (core !== undefined) {
      this.#give(cpu, core, time)
      return true
    }
    this.#queuedAt[cpu] = time
    this.#queue.push(cpu)
    return false
  }

  /** The CPU's core goes to the CPU that has waited longest; returns that CPU, or NONE. */
  release(cpu: number, time: number): number {
    const core = this.coreOf[cpu]!
    this.coreOf[cpu] = NONE
    const next = this.#queue.shift()
    if (next === undefined) {
      this.#free.push(core)
      return NONE
    }
    this.#give(next, core, time + this.#contextSwitch)
    return next
  }

  /** The CPU queues for a core that it has just lost. */
  requeue(cpu: number, time: number): void {
    this.#queuedAt[cpu] = time
    this.#queue.push(cpu)
  }

  isQueued(cpu: number): boolean {
    return this.#queue.includes(cpu)
  }

  queuedAt(cpu: number): number {
    return this.#queuedAt[cpu]!
  }

  renew(cpu: number, time: number): void {
    this.sliceEnd[cpu] = time + this.#slice
  }

  #give(cpu: number, core: number, time: number): void {
    this.coreOf[cpu] = core
    this.slices[cpu]! += 1
    this.renew(cpu, time)
  }

  get contextSwitch(): number {
    return this.#contextSwitch
  }
}
