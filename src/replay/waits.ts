import { type Column, float64Column } from './column.ts'

const MAX_LOCKS = 65_536

/** Waits for any lock, by a task's contention events: how long each took, by what flags the kernel gave. */
export class Waits {
  /** By flags and, of queued rwlocks, by lock: see keyOf(). */
  readonly #columns = new Map<number, Column<Float64Array>>()
  /** The stack of waits under way: which lock, since when, with which flags, and which rwlock. */
  readonly #locks: number[] = []
  readonly #sinceNs: number[] = []
  readonly #flags: number[] = []
  readonly #rwlocks: number[] = []
  /** Begins without an end and ends without a begin. */
  unpaired = 0

  /**
   * `isSleeper`: a mutex says contention_begin again each time it turns from spinning to sleeping or back, and
   * contention_end once; that is one wait. From any other lock a second begin means that an end was lost.
   */
  begin(atNs: number, lock: number, flags: number, rwlock: number, isSleeper: boolean): void {
    const top = this.#locks.length - 1
    if (top >= 0 && this.#locks[top] === lock) {
      this.#flags[top] = flags
      if (isSleeper) return
      this.unpaired += 1
      this.#sinceNs[top] = atNs
      return
    }
    this.#locks.push(lock)
    this.#sinceNs.push(atNs)
    this.#flags.push(flags)
    this.#rwlocks.push(rwlock)
  }

  /** Returns which rwlock the task has waited for; NO_RWLOCK if it is none or the wait's begin is unknown. */
  end(atNs: number, lock: number): number {
    const depth = this.#locks.lastIndexOf(lock)
    if (depth < 0) {
      this.unpaired += 1
      return NO_RWLOCK
    }
    // What is nested in this wait is over too, its end was lost.
    this.unpaired += this.#locks.length - depth - 1
    const rwlock = this.#rwlocks[depth]!
    this.#record(keyOf(this.#flags[depth]!, rwlock), atNs - this.#sinceNs[depth]!)
    this.#truncate(depth)
    return rwlock
  }

  /** Events were lost: nobody knows which waits are still under way. */
  forget(): void {
    this.unpaired += this.#locks.length
    this.#truncate(0)
  }

  get underWay(): number {
    return this.#locks.length
  }

  each(visit: (flags: number, rwlock: number, waitsNs: Column<Float64Array>) => void): void {
    for (const [key, column] of this.#columns) visit(Math.floor(key / MAX_LOCKS), key % MAX_LOCKS, column)
  }

  #record(key: number, ns: number): void {
    let column = this.#columns.get(key)
    if (column === undefined) {
      column = float64Column()
      this.#columns.set(key, column)
    }
    column.push(Math.max(0, ns))
  }

  #truncate(depth: number): void {
    this.#locks.length = depth
    this.#sinceNs.length = depth
    this.#flags.length = depth
    this.#rwlocks.length = depth
  }
}

export const NO_RWLOCK = 0
const keyOf = (flags: number, rwlock: number) => flags * MAX_LOCKS + rwlock
