import type { Cpu, LockId } from '../cpu.ts'
import type { Steps } from '../steps.ts'

/** A lock with one side. */
export interface Lock {
  readonly id: LockId
  acquire(cpu: Cpu): Steps<void>
  /** Takes the lock if it is free, without waiting; true if it was taken. */
  tryAcquire(cpu: Cpu): Steps<boolean>
  release(cpu: Cpu): Steps<void>
}

/** A lock that readers share and a writer has alone. */
export interface RwLock {
  readonly id: LockId
  readLock(cpu: Cpu): Steps<void>
  tryReadLock(cpu: Cpu): Steps<boolean>
  readUnlock(cpu: Cpu): Steps<void>
  writeLock(cpu: Cpu): Steps<void>
  tryWriteLock(cpu: Cpu): Steps<boolean>
  writeUnlock(cpu: Cpu): Steps<void>
  /** Whether a CPU queues for it: `rwlock_is_contended()`, `rwsem_is_contended()`. */
  isContended(cpu: Cpu): Steps<boolean>
}
