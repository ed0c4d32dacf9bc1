import { type Cpu, type LockId, READ, type Side, type Word, WRITE } from '../cpu.ts'
import type { Place } from '../place.ts'
import type { Steps } from '../steps.ts'
import type { RwLock } from './lock.ts'
import { QSpinLock } from './qspinlock.ts'

const WRITER = 0x001
/** The queue is not empty: all fast paths are closed. */
const WAITERS = 0x002
const READER = 0x100
/** The end of the queue. */
const NO_WAITER = -1

type Waiter = { readonly side: Word; readonly next: Word; readonly granted: Word }

/**
 * Fair read-write semaphore: a sleeping lock whose waiters are served in the order of arrival, readers that stand next to
 * each other together. A queued writer therefore blocks new readers. The bits of `count` are the kernel's
 * (kernel/locking/rwsem.c); left out is what lets others overtake there: optimistic spinning, and the wake-up of readers
 * that stand behind a writer.
 *
 *   count       readers (31..8) | waiters (1) | writer (0)       own line, written by all CPUs
 *   head, tail  first and last CPU in the queue, or -1           one line, written under waitLock
 *   waiter[cpu] side, next CPU in the queue, granted             own line, written under waitLock
 *
 *   (readers, waiters, writer)
 *     free 0,0,0     read by k k,0,0     written 0,0,1     queued k,1,0 or 0,1,1
 *
 * While `waiters` is set only an unlock changes `count` without waitLock, and an unlock only lowers it: the owner of
 * waitLock may decide on what it has read.
 */
export class RwSem implements RwLock {
  readonly id: LockId
  readonly count: Word
  readonly head: Word
  readonly tail: Word
  readonly waitLock: QSpinLock
  readonly #waiters: readonly Waiter[]

  /** `cpus`: how many CPUs may ever take the lock; their ids are 0 to cpus - 1. */
  constructor(place: Place, cpus: number) {
    this.id = place.lock('rwsem')
    this.count = place.line('count')
    const ends = place.together(['head', 'tail'], 'owner of waitLock')
    this.head = ends.head
    this.tail = ends.tail
    this.waitLock = new QSpinLock(place.within('waitLock'), cpus)
    this.#waiters = place.forEach(cpus, (cpu) =>
      place.within(`waiter${cpu}`).together(['side', 'next', 'granted'], 'owner of waitLock'),
    )
  }

  /** r,0,0 -> r+1,0,0 */
  *readLock(cpu: Cpu): Steps<void> {
    const taken = yield* this.tryReadLock(cpu)
    if (!taken) yield* this.#lockSlow(cpu, READ)
  }

  /** r,0,0 -> r+1,0,0, or nothing. */
  *tryReadLock(cpu: Cpu): Steps<boolean> {
    let count = yield* cpu.load(this.count)
    while ((count & (WRITER | WAITERS)) === 0) {
      // Needs acquire. Pairs with writeUnlock().
      const was = yield* cpu.cas(this.count, count, count + READER)
      if (was === count) return true
      count = was
    }
    return false
  }

  /** r,w,0 -> r-1,w,0; the last reader lets the queue in. */
  *readUnlock(cpu: Cpu): Steps<void> {
    // Needs release. Pairs with the writer's acquisition.
    const count = yield* cpu.sub(this.count, READER)
    if (count - READER === WAITERS) yield* this.#wake(cpu)
  }

  /** 0,0,0 -> 0,0,1 */
  *writeLock(cpu: Cpu): Steps<void> {
    const taken = yield* this.tryWriteLock(cpu)
    if (!taken) yield* this.#lockSlow(cpu, WRITE)
  }

  /** 0,0,0 -> 0,0,1, or nothing. */
  *tryWriteLock(cpu: Cpu): Steps<boolean> {
    // Needs acquire. Pairs with readUnlock() and writeUnlock().
    const count = yield* cpu.cas(this.count, 0, WRITER)
    return count === 0
  }

  /** 0,w,1 -> 0,w,0 */
  *writeUnlock(cpu: Cpu): Steps<void> {
    // Needs release. Pairs with every acquisition.
    const count = yield* cpu.sub(this.count, WRITER)
    if ((count & WAITERS) !== 0) yield* this.#wake(cpu)
  }

  *isContended(cpu: Cpu): Steps<boolean> {
    const count = yield* cpu.load(this.count)
    return (count & WAITERS) !== 0
  }

  *#lockSlow(cpu: Cpu, side: Side): Steps<void> {
    cpu.contentionBegin(this.id, side)
    yield* this.waitLock.acquire(cpu)
    // Closes the fast paths, so that no CPU overtakes us from here on.
    const count = yield* cpu.or(this.count, WAITERS)
    const first = (count & WAITERS) === 0
    const blocked = side === READ ? (count & WRITER) !== 0 : count !== 0
    if (first && !blocked) {
      yield* cpu.add(this.count, (side === READ ? READER : WRITER) - WAITERS)
      yield* this.waitLock.release(cpu)
    } else {
      yield* this.#enqueue(cpu, side, first)
      yield* this.waitLock.release(cpu)
      // Needs acquire. Pairs with the grant in #grantHead(): we own the lock once the word is set.
      yield* cpu.untilEqual(this.#waiters[cpu.id]!.granted, 1)
    }
    cpu.contentionEnd(this.id, side)
  }

  *#enqueue(cpu: Cpu, side: Side, first: boolean): Steps<void> {
    const own = this.#waiters[cpu.id]!
    yield* cpu.write(own.side, side)
    yield* cpu.write(own.next, NO_WAITER)
    yield* cpu.store(own.granted, 0)
    if (first) {
      yield* cpu.write(this.head, cpu.id)
    } else {
      const tail = yield* cpu.read(this.tail)
      yield* cpu.write(this.#waiters[tail]!.next, cpu.id)
    }
    yield* cpu.write(this.tail, cpu.id)
  }

  *#wake(cpu: Cpu): Steps<void> {
    yield* this.waitLock.acquire(cpu)
    yield* this.#grantHead(cpu)
    yield* this.waitLock.release(cpu)
  }

  /** Grants the lock to the writer at the head, or to all readers in front of the next writer. */
  *#grantHead(cpu: Cpu): Steps<void> {
    const count = yield* cpu.load(this.count)
    // Another unlock was quicker: it has served the queue, or emptied it.
    if ((count & WAITERS) === 0 || (count & WRITER) !== 0) return
    const head = yield* cpu.read(this.head)
    const side = yield* cpu.read(this.#waiters[head]!.side)
    if (side === WRITE && count !== WAITERS) return

    let granted = 1
    let after = yield* cpu.read(this.#waiters[head]!.next)
    while (side === READ && after !== NO_WAITER) {
      const other = yield* cpu.read(this.#waiters[after]!.side)
      if (other !== READ) break
      granted += 1
      after = yield* cpu.read(this.#waiters[after]!.next)
    }
    yield* cpu.write(this.head, after)
    const taken = side === READ ? granted * READER : WRITER
    yield* cpu.add(this.count, after === NO_WAITER ? taken - WAITERS : taken)
    yield* this.#announce(cpu, head, granted)
  }

  /** From its grant on, a waiter may use its node again: read the successor first. */
  *#announce(cpu: Cpu, head: number, granted: number): Steps<void> {
    let waiter = head
    for (let left = granted; left > 0; left -= 1) {
      const next = yield* cpu.read(this.#waiters[waiter]!.next)
      // Publishes the lock to the waiter. Pairs with the wait in #lockSlow().
      yield* cpu.storeRelease(this.#waiters[waiter]!.granted, 1)
      waiter = next
    }
  }
}
