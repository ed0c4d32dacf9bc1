import { type Cpu, type LockId, READ, WRITE } from './cpu.ts'
import type { Lock, RwLock } from './locks/lock.ts'
import type { Steps } from './steps.ts'

/**
 * A lock of which statistics are kept: the lock itself, with its acquisitions and holds reported to the CPU. Contention
 * and waiting times come from the slow path of the lock within. A run without statistics uses the lock itself, so that
 * they cost it nothing.
 */
export class WatchedLock implements Lock {
  readonly id: LockId
  readonly lock: Lock

  constructor(lock: Lock) {
    this.id = lock.id
    this.lock = lock
  }

  *acquire(cpu: Cpu): Steps<void> {
    yield* this.lock.acquire(cpu)
    cpu.acquired(this.id, WRITE)
  }

  *tryAcquire(cpu: Cpu): Steps<boolean> {
    const taken = yield* this.lock.tryAcquire(cpu)
    if (taken) cpu.acquired(this.id, WRITE)
    return taken
  }

  *release(cpu: Cpu): Steps<void> {
    cpu.releasing(this.id, WRITE)
    yield* this.lock.release(cpu)
  }
}

/** The same for a lock with two sides. */
export class WatchedRwLock implements RwLock {
  readonly id: LockId
  readonly lock: RwLock

  constructor(lock: RwLock) {
    this.id = lock.id
    this.lock = lock
  }

  *readLock(cpu: Cpu): Steps<void> {
    yield* this.lock.readLock(cpu)
    cpu.acquired(this.id, READ)
  }

  *tryReadLock(cpu: Cpu): Steps<boolean> {
    const taken = yield* this.lock.tryReadLock(cpu)
    if (taken) cpu.acquired(this.id, READ)
    return taken
  }

  *readUnlock(cpu: Cpu): Steps<void> {
    cpu.releasing(this.id, READ)
    yield* this.lock.readUnlock(cpu)
  }

  *writeLock(cpu: Cpu): Steps<void> {
    yield* this.lock.writeLock(cpu)
    cpu.acquired(this.id, WRITE)
  }

  *tryWriteLock(cpu: Cpu): Steps<boolean> {
    const taken = yield* this.lock.tryWriteLock(cpu)
    if (taken) cpu.acquired(this.id, WRITE)
    return taken
  }

  *writeUnlock(cpu: Cpu): Steps<void> {
    cpu.releasing(this.id, WRITE)
    yield* this.lock.writeUnlock(cpu)
  }

  *isContended(cpu: Cpu): Steps<boolean> {
    return yield* this.lock.isContended(cpu)
  }
}
