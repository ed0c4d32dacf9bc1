import { type Cpu, type LockId, READ, type Side, WRITE } from '../cpu.ts'
import type { Lock, RwLock } from '../locks/lock.ts'
import type { Steps } from '../steps.ts'

const NOT_HELD = -1

/**
 * A lock whose owner an oracle knows: as in lockdep, each CPU records the locks that it holds. A CPU that releases the
 * lock without holding it violates `oracle`. For locks that are off the hot path.
 */
export class OwnedLock implements Lock {
  readonly id: LockId
  readonly lock: Lock
  readonly #owners: Owners

  constructor(lock: Lock, cpus: number, oracle: number) {
    this.id = lock.id
    this.lock = lock
    this.#owners = new Owners(lock.id, cpus, oracle)
  }

  *acquire(cpu: Cpu): Steps<void> {
    yield* this.lock.acquire(cpu)
    this.#owners.took(cpu, WRITE)
  }

  *tryAcquire(cpu: Cpu): Steps<boolean> {
    const taken = yield* this.lock.tryAcquire(cpu)
    if (taken) this.#owners.took(cpu, WRITE)
    return taken
  }

  *release(cpu: Cpu): Steps<void> {
    this.#owners.releases(cpu, WRITE)
    yield* this.lock.release(cpu)
  }
}

/** The same for a lock with two sides, which no CPU takes twice. */
export class OwnedRwLock implements RwLock {
  readonly id: LockId
  readonly lock: RwLock
  readonly #owners: Owners

  constructor(lock: RwLock, cpus: number, oracle: number) {
    this.id = lock.id
    this.lock = lock
    this.#owners = new Owners(lock.id, cpus, oracle)
  }

  *readLock(cpu: Cpu): Steps<void> {
    yield* this.lock.readLock(cpu)
    this.#owners.took(cpu, READ)
  }

  *tryReadLock(cpu: Cpu): Steps<boolean> {
    const taken = yield* this.lock.tryReadLock(cpu)
    if (taken) this.#owners.took(cpu, READ)
    return taken
  }

  *readUnlock(cpu: Cpu): Steps<void> {
    this.#owners.releases(cpu, READ)
    yield* this.lock.readUnlock(cpu)
  }

  *writeLock(cpu: Cpu): Steps<void> {
    yield* this.lock.writeLock(cpu)
    this.#owners.took(cpu, WRITE)
  }

  *tryWriteLock(cpu: Cpu): Steps<boolean> {
    const taken = yield* this.lock.tryWriteLock(cpu)
    if (taken) this.#owners.took(cpu, WRITE)
    return taken
  }

  *writeUnlock(cpu: Cpu): Steps<void> {
    this.#owners.releases(cpu, WRITE)
    yield* this.lock.writeUnlock(cpu)
  }

  *isContended(cpu: Cpu): Steps<boolean> {
    return yield* this.lock.isContended(cpu)
  }

  /** On either side. */
  isHeldBy(cpu: Cpu): boolean {
    return this.#owners.isHeldBy(cpu)
  }
}

/** On which side each CPU holds the lock. */
class Owners {
  readonly #lock: LockId
  readonly #oracle: number
  readonly #sides: Int32Array

  constructor(lock: LockId, cpus: number, oracle: number) {
    this.#lock = lock
    this.#oracle = oracle
    this.#sides = new Int32Array(cpus).fill(NOT_HELD)
  }

  took(cpu: Cpu, side: Side): void {
    this.#sides[cpu.id] = side
  }

  isHeldBy(cpu: Cpu): boolean {
    return this.#sides[cpu.id] !== NOT_HELD
  }

  /** About to release it, which it does not hold any more from here on. */
  releases(cpu: Cpu, side: Side): void {
    if (this.#sides[cpu.id] !== side) cpu.violation(this.#oracle, this.#lock)
    this.#sides[cpu.id] = NOT_HELD
  }
}
