import type { Word } from '../shared-memory/cpu.ts'

/** The CPUs that are parked, by word, in the order in which they came. Times are ps. */
export class Parked {
  readonly #sleepers = new Map<Word, number[]>()
  readonly #woken: (cpu: number, time: number) => void

  constructor(woken: (cpu: number, time: number) => void) {
    this.#woken = woken
  }

  add(word: Word, cpu: number): void {
    const sleepers = this.#sleepers.get(word)
    if (sleepers === undefined) this.#sleepers.set(word, [cpu])
    else sleepers.push(cpu)
  }

  /** Wakes so many, the first that came first. */
  wake(word: Word, count: number, time: number): void {
    const sleepers = this.#sleepers.get(word)
    if (sleepers === undefined) return
    for (const cpu of sleepers.splice(0, count)) this.#woken(cpu, time)
    if (sleepers.length === 0) this.#sleepers.delete(word)
  }
}
