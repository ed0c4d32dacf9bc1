import { type Cpu, type LockId, READ, type Side, WRITE } from '../shared-memory/cpu.ts'
import type { Lock, RwLock } from '../shared-memory/locks/lock.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { ORACLE } from './oracles.ts'

const NOT_HELD = -1

/** A lock of which an oracle knows who has it: as lockdep does, each CPU for itself. For locks that are off the hot path. */
export class OwnedLock implements Lock {
  readonly id: LockId
  readonly #lock: Lock
  readonly #sides: Int32Array

  constructor(lock: Lock, cpus: number) {
    this.id = lock.id
    this.#lock = lock
    this.#sides = new Int32Array(cpus).fill(NOT_HELD)
  }

  *acquire(cpu: Cpu): Steps<void> {
    yield* this.#lock.acquire(cpu)
    this.#sides[cpu.id] = WRITE
  }

  *tryAcquire(cpu: Cpu): Steps<boolean> {
    const taken = yield* this.#lock.tryAcquire(cpu)
    if (taken) this.#sides[cpu.id] = WRITE
    return taken
  }

  *release(cpu: Cpu): Steps<void> {
    assertOwned(cpu, this.id, this.#sides, WRITE)
    yield* this.#lock.release(cpu)
  }
}

/** The same for a lock with two sides, which no CPU takes twice. */
export class OwnedRwLock implements RwLock {
  readonly id: LockId
  readonly #lock: RwLock
  readonly #sides: Int32Array

  constructor(lock: RwLock, cpus: number) {
    this.id = lock.id
    this.#lock = lock
    this.#sides = new Int32Array(cpus).fill(NOT_HELD)
  }

  *readLock(cpu: Cpu): Steps<void> {
    yield* this.#lock.readLock(cpu)
    this.#sides[cpu.id] = READ
  }

  *tryReadLock(cpu: Cpu): Steps<boolean> {
    const taken = yield* this.#lock.tryReadLock(cpu)
    if (taken) this.#sides[cpu.id] = READ
    return taken
  }

  *readUnlock(cpu: Cpu): Steps<void> {
    assertOwned(cpu, this.id, this.#sides, READ)
    yield* this.#lock.readUnlock(cpu)
  }

  *writeLock(cpu: Cpu): Steps<void> {
    yield* this.#lock.writeLock(cpu)
    this.#sides[cpu.id] = WRITE
  }

  *tryWriteLock(cpu: Cpu): Steps<boolean> {
    const taken = yield* this.#lock.tryWriteLock(cpu)
    if (taken) this.#sides[cpu.id] = WRITE
    return taken
  }

  *writeUnlock(cpu: Cpu): Steps<void> {
    assertOwned(cpu, this.id, this.#sides, WRITE)
    yield* this.#lock.writeUnlock(cpu)
  }

  *isContended(cpu: Cpu): Steps<boolean> {
    return yield* this.#lock.isContended(cpu)
  }
}

/** About to be released by this CPU, which does not hold it any more from here on. */
function assertOwned(cpu: Cpu, lock: LockId, sides: Int32Array, side: Side): void {
  if (sides[cpu.id] !== side) cpu.violation(ORACLE.lock_not_held, lock)
  sides[cpu.id] = NOT_HELD
}
