import { ACQUIRE, AS_STORE_RELEASE, type Cpu, type LockId, READ, RELAXED, RELEASE, type Word, WRITE } from '../cpu.ts'
import type { Place } from '../place.ts'
import type { Steps } from '../steps.ts'
import type { Lock, RwLock } from './lock.ts'
import { QSpinLock } from './qspinlock.ts'

/** Low byte of `cnts`: a writer owns the lock. */
export const WLOCKED = 0x0ff
/** A writer at the head of the queue waits for the readers to drain. */
export const WAITING = 0x100
export const WRITER_MASK = WLOCKED | WAITING
/** One reader in `cnts`. */
export const READER = 0x200

/** A lock whose state others can read: taken, or waited for. */
export interface QueueLock extends Lock {
  isLocked(cpu: Cpu): Steps<boolean>
}

/**
 * Queued rwlock (kernel/locking/qrwlock.c), what `kvm->mmu_lock` is on x86 since 5.12: fair between readers and writers,
 * because every CPU that cannot have it at once queues on one spinlock.
 *
 *   cnts        readers (31..9) | waiting (8) | wlocked (7..0)     own line, written by every CPU
 *   waitLock    qspinlock, or what a kernel has in its place; its owner is the head of the queue      own lines
 *
 *   (readers, waiting, wlocked)
 *     free 0,0,0     read by k k,0,0     written 0,0,ff     a writer waits for k readers k,1,0, for a writer 0,1,ff
 *
 * A reader counts itself before it knows whether it may: while a writer owns the lock or waits, `readers` may be too high
 * for a moment. Readers that share the lock never touch `waitLock`, so they are not contention to each other.
 */
export class QRwLock implements RwLock {
  readonly id: LockId
  readonly cnts: Word
  readonly waitLock: QueueLock

  /**
   * `cpus`: how many CPUs may ever take the lock; their ids are 0 to cpus - 1. `queueIn`: places another lock for the queue: a guest's kernel has
   * the paravirtual one.
   */
  constructor(place: Place, cpus: number, pendingLoops?: number, queueIn?: (place: Place) => QueueLock) {
    this.id = place.lock('rwlock')
    this.cnts = place.line('cnts')
    const waiting = place.within('waitLock')
    this.waitLock = queueIn === undefined ? new QSpinLock(waiting, cpus, pendingLoops) : queueIn(waiting)
  }

  /** r,0,0 -> r+1,0,0 */
  *readLock(cpu: Cpu): Steps<void> {
    // Needs acquire. Pairs with writeUnlock().
    const cnts = yield* cpu.add(this.cnts, READER, ACQUIRE)
    if ((cnts & WRITER_MASK) !== 0) yield* this.#readLockSlow(cpu)
  }

  /** r,0,0 -> r+1,0,0, or nothing. Never queues, so it is invisible to isContended(). */
  *tryReadLock(cpu: Cpu): Steps<boolean> {
    const seen = yield* cpu.load(this.cnts)
    if ((seen & WRITER_MASK) !== 0) return false
    const cnts = yield* cpu.add(this.cnts, READER, ACQUIRE)
    if ((cnts & WRITER_MASK) === 0) return true
    yield* cpu.sub(this.cnts, READER, RELAXED)
    return false
  }

  /** r,*,0 -> r-1,*,0 */
  *readUnlock(cpu: Cpu): Steps<void> {
    // Needs release. Pairs with the CAS in #waitToWrite().
    yield* cpu.sub(this.cnts, READER, RELEASE)
  }

  /** 0,0,0 -> 0,0,ff */
  *writeLock(cpu: Cpu): Steps<void> {
    // Needs acquire. Pairs with readUnlock() and writeUnlock().
    const cnts = yield* cpu.cas(this.cnts, 0, WLOCKED, ACQUIRE)
    if (cnts !== 0) yield* this.#writeLockSlow(cpu)
  }

  /** 0,0,0 -> 0,0,ff, or nothing. */
  *tryWriteLock(cpu: Cpu): Steps<boolean> {
    const seen = yield* cpu.load(this.cnts)
    if (seen !== 0) return false
    const cnts = yield* cpu.cas(this.cnts, 0, WLOCKED, ACQUIRE)
    return cnts === 0
  }

  /** *,*,ff -> *,*,0: the head of the queue may have set WAITING, or counted itself, since we stopped being it. */
  *writeUnlock(cpu: Cpu): Steps<void> {
    // Needs release. The kernel stores 0 to the low byte; taking 0xff away leaves the same word, as only the owner
    // writes that byte. Pairs with the waits in the two slow paths.
    yield* cpu.sub(this.cnts, WLOCKED, AS_STORE_RELEASE)
  }

  /** `rwlock_is_contended()`: exactly "a CPU, reader or writer, is in a slow path". */
  *isContended(cpu: Cpu): Steps<boolean> {
    return yield* this.waitLock.isLocked(cpu)
  }

  *#readLockSlow(cpu: Cpu): Steps<void> {
    // Take the provisional count back: the writer ahead of us waits for it to go.
    yield* cpu.sub(this.cnts, READER, RELAXED)
    cpu.contentionBegin(this.id, READ)
    yield* this.waitLock.acquire(cpu)
    yield* cpu.add(this.cnts, READER, RELAXED)
    // Only the owner can be in our way: the CPU that sets WAITING holds waitLock, and that is us. Needs acquire.
    yield* cpu.untilClear(this.cnts, WLOCKED)
    yield* this.waitLock.release(cpu)
    cpu.contentionEnd(this.id, READ)
  }

  *#writeLockSlow(cpu: Cpu): Steps<void> {
    cpu.contentionBegin(this.id, WRITE)
    yield* this.waitLock.acquire(cpu)
    const taken = yield* this.tryWriteLock(cpu)
    if (!taken) yield* this.#waitToWrite(cpu)
    yield* this.waitLock.release(cpu)
    cpu.contentionEnd(this.id, WRITE)
  }

  /** k,0,* -> k,1,* and, when all are gone, 0,1,0 -> 0,0,ff. */
  *#waitToWrite(cpu: Cpu): Steps<void> {
    // From here on new readers fail their fast path and queue behind us.
    yield* cpu.or(this.cnts, WAITING, RELAXED)
    for (;;) {
      yield* cpu.untilEqual(this.cnts, WAITING)
      // Needs acquire. A reader may count itself provisionally between the wait and the CAS, hence the loop.
      const cnts = yield* cpu.cas(this.cnts, WAITING, WLOCKED, ACQUIRE)
      if (cnts === WAITING) return
    }
  }
}
