import type { Finished } from './round-robin.ts'

/**
 * A resource that is shared evenly by all CPUs that use it at the moment, each of them at no more than its own speed: memory
 * bandwidth, of which one CPU can use a part only. `streams`: how many CPUs it serves at full speed.
 */
export class Bandwidth {
  readonly #streams: number
  readonly #finished: Finished
  readonly #users: number[] = []
  /** By CPU: the value of #served at which it is done. */
  readonly #until: Float64Array
  /** The service that a user present from the start would have received, in ps of an unshared resource. */
  #served = 0
  #at = 0

  constructor(cpus: number, streams: number, finished: Finished) {
    this.#streams = streams
    this.#finished = finished
    this.#until = new Float64Array(cpus)
  }

  /** Begins a use at `time` that would take `alone` ps without sharing. */
  post(cpu: number, alone: number, time: number): void {
    this.advance(time)
    if (this.#users.length === 0) this.#served = 0
    this.#at = time
    this.#until[cpu] = this.#served + alone
    this.#users.push(cpu)
  }

  /** Serves until `time`, and wakes each CPU that is done by then, the earliest first. */
  advance(time: number): void {
    for (;;) {
      const next = this.nextFinish
      if (next > time) break
      const cpu = this.#nearest()
      this.#served = this.#until[cpu]!
      this.#at = next
      this.#users.splice(this.#users.indexOf(cpu), 1)
      this.#finished(cpu, next)
    }
    if (this.#users.length > 0) this.#served += (time - this.#at) * this.#rate
    this.#at = time
  }

  get nextFinish(): number {
    if (this.#users.length === 0) return Number.POSITIVE_INFINITY
    return this.#at + Math.ceil((this.#until[this.#nearest()]! - this.#served) / this.#rate)
  }

  get #rate(): number {
    return Math.min(1, this.#streams / this.#users.length)
  }

  #nearest(): number {
    let nearest = this.#users[0]!
    for (const cpu of this.#users) if (this.#until[cpu]! < this.#until[nearest]!) nearest = cpu
    return nearest
  }
}
