import { type Column, float64Column } from './column.ts'

const MAX_LOCKS = 65_536
/** Waits within waits of one task: interrupts bring a few, more are begins whose ends were lost. */
const DEEPEST = 64

/** The reason of a wait for mmu_lock: the task whose event was the last before it ended. */
export type Blocker = 'notifier' | 'fault' | 'zap' | 'unknown'
export type Blocked = Readonly<Record<Blocker, { count: number; totalNs: number }>>

export type LongestWait = {
  readonly ns: number
  readonly fromNs: number
  readonly flags: number
  readonly rwlock: number
}

/** Waits for any lock, from a task's contention events: the duration of each, and its flags. */
export class Waits {
  /** By flags and, of locks that may be mmu_lock, by lock: see keyOf(). */
  readonly #columns = new Map<number, Column<Float64Array>>()
  /** The stack of waits under way: which lock, since when, with which flags, and which rwlock. */
  readonly #locks: number[] = []
  readonly #sinceNs: number[] = []
  readonly #flags: number[] = []
  readonly #rwlocks: number[] = []
  /** How many of these are valid: an array that is shortened and grows again is reallocated. */
  #depth = 0
  /** By rwlock: the number of faults in which the task waited for it, and the reasons. */
  readonly #faults = new Map<number, number>()
  readonly #blocked = new Map<number, Blocked>()
  /** The rwlock that the current fault has waited for. */
  #waitedIn = NO_RWLOCK
  longest: LongestWait | undefined
  /** Begins without an end and ends without a begin. */
  unpaired = 0

  /**
   * `isSleeper`: a mutex says contention_begin again each time it turns from spinning to sleeping or back, and
   * contention_end once; that is one wait. From any other lock a second begin means that an end was lost.
   */
  begin(atNs: number, lock: number, flags: number, rwlock: number, isSleeper: boolean): void {
    const top = this.#depth - 1
    if (top >= 0 && this.#locks[top] === lock) {
      this.#flags[top] = flags
      if (isSleeper) return
      this.unpaired += 1
      this.#sinceNs[top] = atNs
      return
    }
    if (this.#depth === DEEPEST) this.#forgetOldest()
    const depth = this.#depth
    this.#locks[depth] = lock
    this.#sinceNs[depth] = atNs
    this.#flags[depth] = flags
    this.#rwlocks[depth] = rwlock
    this.#depth = depth + 1
  }

  /** Returns which rwlock the task has waited for; NO_RWLOCK if it is none or the wait's begin is unknown. */
  end(atNs: number, lock: number): number {
    const depth = this.#depthOf(lock)
    if (depth < 0) {
      this.unpaired += 1
      return NO_RWLOCK
    }
    // Waits nested in this one are over too; their ends were lost.
    this.unpaired += this.#depth - depth - 1
    const rwlock = this.#rwlocks[depth]!
    this.#record(this.#flags[depth]!, rwlock, this.#sinceNs[depth]!, Math.max(0, atNs - this.#sinceNs[depth]!))
    this.#depth = depth
    return rwlock
  }

  /** The index of the innermost wait for it on the stack; -1 if there is none. */
  #depthOf(lock: number): number {
    let at = this.#depth - 1
    while (at >= 0 && this.#locks[at] !== lock) at -= 1
    return at
  }

  /** Whether a wait for it is in progress. */
  isFor(lock: number): boolean {
    return this.#depthOf(lock) >= 0
  }

  /** The number of complete waits; the duration of the last one, and its flags. */
  ended = 0
  lastNs = 0
  lastFlags = 0

  /** The wait that ended last was for this blocker; it lay in a fault. */
  wasInFault(rwlock: number, blocker: Blocker): void {
    if (this.#waitedIn !== rwlock) this.#faults.set(rwlock, this.faultsThatWaited(rwlock) + 1)
    this.#waitedIn = rwlock
    this.wasFor(rwlock, blocker)
  }

  wasFor(rwlock: number, blocker: Blocker): void {
    let blocked = this.#blocked.get(rwlock)
    if (blocked === undefined) {
      blocked = noneBlocked()
      this.#blocked.set(rwlock, blocked)
    }
    blocked[blocker].count += 1
    blocked[blocker].totalNs += this.lastNs
  }

  leaveFault(): void {
    this.#waitedIn = NO_RWLOCK
  }

  faultsThatWaited(rwlock: number): number {
    return this.#faults.get(rwlock) ?? 0
  }

  blockedBy(rwlock: number): Blocked {
    return this.#blocked.get(rwlock) ?? noneBlocked()
  }

  /** Events were lost: it is unknown which waits are still under way. */
  forget(): void {
    this.unpaired += this.#depth
    this.#depth = 0
  }

  get isEmpty(): boolean {
    return this.#columns.size === 0 && this.#depth === 0 && this.unpaired === 0
  }

  get underWay(): number {
    return this.#depth
  }

  each(visit: (flags: number, rwlock: number, waitsNs: Column<Float64Array>) => void): void {
    for (const [key, column] of this.#columns) visit(Math.floor(key / MAX_LOCKS), key % MAX_LOCKS, column)
  }

  #record(flags: number, rwlock: number, fromNs: number, ns: number): void {
    const key = keyOf(flags, rwlock)
    let column = this.#columns.get(key)
    if (column === undefined) {
      column = float64Column()
      this.#columns.set(key, column)
    }
    column.push(ns)
    this.ended += 1
    this.lastNs = ns
    this.lastFlags = flags
    if (this.longest === undefined || ns > this.longest.ns) this.longest = { ns, fromNs, flags, rwlock }
  }

  #forgetOldest(): void {
    this.unpaired += 1
    for (const column of [this.#locks, this.#sinceNs, this.#flags, this.#rwlocks]) column.shift()
    this.#depth -= 1
  }
}

export const NO_RWLOCK = 0
const keyOf = (flags: number, rwlock: number) => flags * MAX_LOCKS + rwlock

const noneBlocked = (): Blocked => ({
  notifier: { count: 0, totalNs: 0 },
  fault: { count: 0, totalNs: 0 },
  zap: { count: 0, totalNs: 0 },
  unknown: { count: 0, totalNs: 0 },
})
