import type { Lockdep } from '../shared-memory/lockdep/lockdep.ts'
import { OwnedLock, OwnedRwLock } from '../shared-memory/lockdep/owned-locks.ts'
import { TrackedLock, TrackedRwLock, TrackedSrcu } from '../shared-memory/lockdep/tracked-locks.ts'
import type { Lock, RwLock } from '../shared-memory/locks/lock.ts'
import { WatchedLock, WatchedRwLock } from '../shared-memory/lockstat.ts'
import type { Place } from '../shared-memory/place.ts'
import { Srcu } from '../shared-memory/srcu.ts'
import { ORACLE } from './oracles.ts'

/** Wraps the locks of a VM in what watches them in this run, if anything does. */
export class Watch {
  readonly lockdep: Lockdep | undefined
  readonly #keepsStatistics: boolean
  /** Whose unlocks are watched: CPUs 0 to here. */
  readonly #owners: number

  /** `owners`: how many CPUs there are, if an oracle is to know which CPU holds which lock, or 0. */
  constructor(keepsStatistics: boolean, lockdep: Lockdep | undefined, owners: number) {
    this.#keepsStatistics = keepsStatistics
    this.lockdep = lockdep
    this.#owners = owners
  }

  lock(lock: Lock): Lock {
    const tracked = this.lockdep === undefined ? lock : new TrackedLock(lock, this.lockdep)
    return this.#keepsStatistics ? new WatchedLock(tracked) : tracked
  }

  rwLock(lock: RwLock): RwLock {
    const tracked = this.lockdep === undefined ? lock : new TrackedRwLock(lock, this.lockdep)
    return this.#keepsStatistics ? new WatchedRwLock(tracked) : tracked
  }

  srcu(place: Place, cpus: number): Srcu {
    const oracle = this.#owners === 0 ? undefined : ORACLE.lock_not_held
    return this.lockdep === undefined
      ? new Srcu(place, cpus, oracle)
      : new TrackedSrcu(place, cpus, this.lockdep, oracle)
  }

  /** The lock, which only its owner may release. */
  owned(lock: Lock): Lock {
    return this.#owners === 0 ? lock : new OwnedLock(lock, this.#owners, ORACLE.lock_not_held)
  }

  ownedRwLock(lock: RwLock): RwLock {
    return this.#owners === 0 ? lock : new OwnedRwLock(lock, this.#owners, ORACLE.lock_not_held)
  }
}
