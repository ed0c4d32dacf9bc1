import type { Lockdep } from '../shared-memory/lockdep/lockdep.ts'
import { TrackedLock, TrackedRwLock } from '../shared-memory/lockdep/tracked-locks.ts'
import type { Lock, RwLock } from '../shared-memory/locks/lock.ts'
import { WatchedLock, WatchedRwLock } from '../shared-memory/lockstat.ts'

/** Puts around the locks of a VM what watches them in this run; nothing, if nobody does. */
export class Watch {
  readonly lockdep: Lockdep | undefined
  readonly #keepsStatistics: boolean

  constructor(keepsStatistics: boolean, lockdep: Lockdep | undefined) {
    this.#keepsStatistics = keepsStatistics
    this.lockdep = lockdep
  }

  lock(lock: Lock): Lock {
    const tracked = this.lockdep === undefined ? lock : new TrackedLock(lock, this.lockdep)
    return this.#keepsStatistics ? new WatchedLock(tracked) : tracked
  }

  rwLock(lock: RwLock): RwLock {
    const tracked = this.lockdep === undefined ? lock : new TrackedRwLock(lock, this.lockdep)
    return this.#keepsStatistics ? new WatchedRwLock(tracked) : tracked
  }
}
