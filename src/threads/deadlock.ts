import { deadlockText } from '../protocols/lock-report.ts'
import type { Vm } from '../protocols/vm.ts'
import { deadlockOf, type Wait } from '../shared-memory/lockdep/deadlock.ts'
import type { Place } from '../shared-memory/place.ts'
import type { Standing, Status } from './status.ts'

/** A circle of waits that has stood for so long, with no CPU in it having moved, is not the scheduler's doing. */
const STANDS_MS = 500

/**
 * Searches for CPUs that wait for each other in a cycle, from the main thread, using the records of lockdep. The records
 * are not from a single moment; but a cycle in which no CPU has moved for a while, and in which each word still has a
 * value that keeps its CPU waiting, is real.
 */
export class DeadlockWatch {
  readonly #vm: Vm
  readonly #place: Place
  readonly #words: Int32Array
  readonly #status: Status
  #key = ''
  #sinceMs = 0

  constructor(vm: Vm, place: Place, words: Int32Array, status: Status) {
    this.#vm = vm
    this.#place = place
    this.#words = words
    this.#status = status
  }

  /** The circle in a sentence, once it has stood long enough. */
  look(taskOf: (cpu: number) => string): string | undefined {
    if (this.#vm.lockdep === undefined) return undefined
    const standings = this.#vm.lockdep.standingsIn(this.#words)
    const circle = deadlockOf(standings)
    const key = circle === undefined ? '' : this.#keyOf(circle)
    const now = performance.now()
    if (key !== this.#key) {
      this.#key = key
      this.#sinceMs = now
    }
    if (circle === undefined || key === '' || now - this.#sinceMs < STANDS_MS) return undefined
    return deadlockText(circle, standings, this.#place, taskOf)
  }

  /** The wait of each CPU, and its progress; empty if one of them only needs to be woken. */
  #keyOf(circle: readonly Wait[]): string {
    const waiters = circle.map(({ waiter }) => ({ waiter, standing: this.#status.of(waiter) }))
    if (!waiters.every(({ standing }) => isBlocked(standing, this.#words))) return ''
    return waiters
      .map(({ waiter, standing }) => `${waiter}:${standing.heartbeat}:${standing.waits}:${standing.word}`)
      .join()
  }
}

/** Whether the word that a CPU waits on still keeps it waiting. */
function isBlocked({ word, mask, want }: Standing, words: Int32Array): boolean {
  if (word < 0) return false
  const value = Atomics.load(words, word)
  return mask === 0 ? value === want : (value & mask) !== want
}
