/** Told when all operations of a CPU are done, and at what time. */
export type Finished = (cpu: number, time: number) => void

/**
 * One server that does one operation after the other, for CPUs that each keep up to `window` of theirs queued: a turn is a
 * window, and a CPU that has more queues behind the others. It conserves work: however many ask, as many operations are done a
 * second.
 *
 * Between two arrivals all turns are alike, so that a million of them are one multiplication: the result is that of doing
 * them one by one, to the picosecond.
 */
export class RoundRobin {
  readonly #window: number
  readonly #finished: Finished
  /** CPUs in the order of their turns; the first one's began at #turnBegan. */
  readonly #queue: number[] = []
  readonly #left: Float64Array
  readonly #service: Float64Array
  #turnBegan = 0
  /** Operations that were done so far. */
  done = 0

  constructor(cpus: number, window: number, finished: Finished) {
    this.#window = window
    this.#finished = finished
    this.#left = new Float64Array(cpus)
    this.#service = new Float64Array(cpus)
  }

  /** `units` operations of `service` ps each, from `time` on. */
  post(cpu: number, units: number, service: number, time: number): void {
    this.advance(time)
    if (this.#queue.length === 0) this.#turnBegan = time
    this.#left[cpu] = units
    this.#service[cpu] = service
    this.#queue.push(cpu)
  }

  /** Does every turn that ends until `time`. */
  advance(time: number): void {
    while (this.#queue.length > 0) {
      this.#skipRounds(time)
      const cpu = this.#queue[0]!
      const units = Math.min(this.#window, this.#left[cpu]!)
      const ends = this.#turnBegan + units * this.#service[cpu]!
      if (ends > time) return
      this.#queue.shift()
      this.#turnBegan = ends
      this.#left[cpu]! -= units
      this.done += units
      if (this.#left[cpu]! > 0) this.#queue.push(cpu)
      else this.#finished(cpu, ends)
    }
  }

  /** When the next CPU is done, if none arrives; `Infinity` if none is here. */
  get nextFinish(): number {
    let fewest = Number.POSITIVE_INFINITY
    let round = 0
    for (const cpu of this.#queue) {
      fewest = Math.min(fewest, Math.ceil(this.#left[cpu]! / this.#window))
      round += this.#window * this.#service[cpu]!
    }
    let time = this.#turnBegan + (fewest - 1) * round
    for (const cpu of this.#queue) {
      const left = this.#left[cpu]! - (fewest - 1) * this.#window
      if (left <= this.#window) return time + left * this.#service[cpu]!
      time += this.#window * this.#service[cpu]!
    }
    return Number.POSITIVE_INFINITY
  }

  /** Rounds in which every turn is a whole window and no CPU finishes, as many as end until `time`. */
  #skipRounds(time: number): void {
    let round = 0
    let rounds = Number.POSITIVE_INFINITY
    for (const cpu of this.#queue) {
      round += this.#window * this.#service[cpu]!
      rounds = Math.min(rounds, Math.ceil(this.#left[cpu]! / this.#window) - 1)
    }
    if (round > 0) rounds = Math.min(rounds, Math.floor((time - this.#turnBegan) / round))
    if (rounds <= 0) return
    for (const cpu of this.#queue) this.#left[cpu]! -= rounds * this.#window
    this.#turnBegan += rounds * round
    this.done += rounds * this.#window * this.#queue.length
  }
}
