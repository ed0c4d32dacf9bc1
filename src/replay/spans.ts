import { float64Column, uint32Column } from './column.ts'

/** An activity of a task from one moment to another, with the flags and the rwlock of its lock. */
export class Spans {
  readonly #fromNs = float64Column()
  readonly #untilNs = float64Column()
  readonly #flags = uint32Column()
  readonly #rwlocks = uint32Column()

  get length(): number {
    return this.#fromNs.length
  }

  add(fromNs: number, untilNs: number, flags: number, rwlock: number): void {
    this.#fromNs.push(fromNs)
    this.#untilNs.push(untilNs)
    this.#flags.push(flags)
    this.#rwlocks.push(rwlock)
  }

  at(index: number): { readonly fromNs: number; readonly ns: number; readonly flags: number; readonly rwlock: number } {
    const fromNs = this.#fromNs.at(index)
    return {
      fromNs,
      ns: this.#untilNs.at(index) - fromNs,
      flags: this.#flags.at(index),
      rwlock: this.#rwlocks.at(index),
    }
  }
}
