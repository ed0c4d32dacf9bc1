import type { Cpu, LockId } from '../cpu.ts'
import type { Steps } from '../steps.ts'
import type { RwLock } from './lock.ts'
import type { QSpinLock } from './qspinlock.ts'

/** A spinlock where an rwlock is expected: what mmu_lock was on x86 before 5.12. Both sides have it alone. */
export class ExclusiveRwLock implements RwLock {
  readonly id: LockId
  readonly lock: QSpinLock

  constructor(lock: QSpinLock) {
    this.id = lock.id
    this.lock = lock
  }

  *readLock(cpu: Cpu): Steps<void> {
    yield* this.lock.acquire(cpu)
  }

  *tryReadLock(cpu: Cpu): Steps<boolean> {
    return yield* this.lock.tryAcquire(cpu)
  }

  *readUnlock(cpu: Cpu): Steps<void> {
    yield* this.lock.release(cpu)
  }

  *writeLock(cpu: Cpu): Steps<void> {
    yield* this.lock.acquire(cpu)
  }

  *tryWriteLock(cpu: Cpu): Steps<boolean> {
    return yield* this.lock.tryAcquire(cpu)
  }

  *writeUnlock(cpu: Cpu): Steps<void> {
    yield* this.lock.release(cpu)
  }

  /** `spin_is_contended()`. */
  *isContended(cpu: Cpu): Steps<boolean> {
    return yield* this.lock.isContended(cpu)
  }
}
