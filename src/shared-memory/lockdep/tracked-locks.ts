import type { Cpu, LockId } from '../cpu.ts'
import type { Lock, RwLock } from '../locks/lock.ts'
import type { Place } from '../place.ts'
import { Srcu } from '../srcu.ts'
import type { Steps } from '../steps.ts'
import { EXCLUSIVE, RECURSIVE, SHARED } from './graph.ts'
import type { Lockdep } from './lockdep.ts'

/** A lock that reports to lockdep. A run without lockdep uses the lock itself. */
export class TrackedLock implements Lock {
  readonly id: LockId
  readonly lock: Lock
  readonly #lockdep: Lockdep

  constructor(lock: Lock, lockdep: Lockdep) {
    this.id = lock.id
    this.lock = lock
    this.#lockdep = lockdep
  }

  *acquire(cpu: Cpu): Steps<void> {
    this.#lockdep.acquire(cpu, this.id, EXCLUSIVE)
    yield* this.lock.acquire(cpu)
    this.#lockdep.acquired(cpu, this.id)
  }

  *tryAcquire(cpu: Cpu): Steps<boolean> {
    const taken = yield* this.lock.tryAcquire(cpu)
    if (taken) this.#lockdep.acquire(cpu, this.id, EXCLUSIVE, true)
    return taken
  }

  *release(cpu: Cpu): Steps<void> {
    this.#lockdep.release(cpu, this.id)
    yield* this.lock.release(cpu)
  }
}

/** The same for a lock with two sides, both of them fair: a reader waits behind a writer that queues. */
export class TrackedRwLock implements RwLock {
  readonly id: LockId
  readonly lock: RwLock
  readonly #lockdep: Lockdep

  constructor(lock: RwLock, lockdep: Lockdep) {
    this.id = lock.id
    this.lock = lock
    this.#lockdep = lockdep
  }

  *readLock(cpu: Cpu): Steps<void> {
    this.#lockdep.acquire(cpu, this.id, SHARED)
    yield* this.lock.readLock(cpu)
    this.#lockdep.acquired(cpu, this.id)
  }

  *tryReadLock(cpu: Cpu): Steps<boolean> {
    const taken = yield* this.lock.tryReadLock(cpu)
    if (taken) this.#lockdep.acquire(cpu, this.id, SHARED, true)
    return taken
  }

  *readUnlock(cpu: Cpu): Steps<void> {
    this.#lockdep.release(cpu, this.id)
    yield* this.lock.readUnlock(cpu)
  }

  *writeLock(cpu: Cpu): Steps<void> {
    this.#lockdep.acquire(cpu, this.id, EXCLUSIVE)
    yield* this.lock.writeLock(cpu)
    this.#lockdep.acquired(cpu, this.id)
  }

  *tryWriteLock(cpu: Cpu): Steps<boolean> {
    const taken = yield* this.lock.tryWriteLock(cpu)
    if (taken) this.#lockdep.acquire(cpu, this.id, EXCLUSIVE, true)
    return taken
  }

  *writeUnlock(cpu: Cpu): Steps<void> {
    this.#lockdep.release(cpu, this.id)
    yield* this.lock.writeUnlock(cpu)
  }

  *isContended(cpu: Cpu): Steps<boolean> {
    return yield* this.lock.isContended(cpu)
  }
}

/** `struct lockdep_map` alone: something that is said to be held and excludes no CPU. */
export class LockMap implements Lock {
  readonly id: LockId

  constructor(id: LockId) {
    this.id = id
  }

  *acquire(): Steps<void> {}

  *tryAcquire(): Steps<boolean> {
    return true
  }

  *release(): Steps<void> {}
}

/** SRCU as a lock: readers share it past any waiter, and synchronize_srcu() waits to have it alone. */
export class TrackedSrcu extends Srcu {
  readonly #lockdep: Lockdep

  constructor(place: Place, cpus: number, lockdep: Lockdep, oracle?: number) {
    super(place, cpus, oracle)
    this.#lockdep = lockdep
  }

  override *readLock(cpu: Cpu): Steps<number> {
    this.#lockdep.acquire(cpu, this.id, RECURSIVE)
    const idx = yield* super.readLock(cpu)
    this.#lockdep.acquired(cpu, this.id)
    return idx
  }

  override *readUnlock(cpu: Cpu, idx: number): Steps<void> {
    this.#lockdep.release(cpu, this.id)
    yield* super.readUnlock(cpu, idx)
  }

  override *synchronize(cpu: Cpu): Steps<void> {
    this.#lockdep.acquire(cpu, this.id, EXCLUSIVE)
    yield* super.synchronize(cpu)
    this.#lockdep.release(cpu, this.id)
  }
}
