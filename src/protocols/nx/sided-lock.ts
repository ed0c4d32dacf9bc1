import { type Cpu, type LockId, READ, type Side, WRITE } from '../../shared-memory/cpu.ts'
import type { RwLock } from '../../shared-memory/locks/lock.ts'
import type { Steps } from '../../shared-memory/steps.ts'

/** mmu_lock, of which an oracle knows the side on which each CPU holds it. */
export class SidedRwLock implements RwLock {
  readonly id: LockId
  readonly lock: RwLock
  readonly #sides: Int32Array
  readonly #oracle: number

  constructor(lock: RwLock, cpus: number, oracle: number) {
    this.id = lock.id
    this.lock = lock
    this.#sides = new Int32Array(cpus)
    this.#oracle = oracle
  }

  *readLock(cpu: Cpu): Steps<void> {
    yield* this.lock.readLock(cpu)
    this.#sides[cpu.id] = READ
  }

  *tryReadLock(cpu: Cpu): Steps<boolean> {
    const taken = yield* this.lock.tryReadLock(cpu)
    if (taken) this.#sides[cpu.id] = READ
    return taken
  }

  *readUnlock(cpu: Cpu): Steps<void> {
    this.#assertSide(cpu, READ)
    yield* this.lock.readUnlock(cpu)
  }

  *writeLock(cpu: Cpu): Steps<void> {
    yield* this.lock.writeLock(cpu)
    this.#sides[cpu.id] = WRITE
  }

  *tryWriteLock(cpu: Cpu): Steps<boolean> {
    const taken = yield* this.lock.tryWriteLock(cpu)
    if (taken) this.#sides[cpu.id] = WRITE
    return taken
  }

  *writeUnlock(cpu: Cpu): Steps<void> {
    this.#assertSide(cpu, WRITE)
    yield* this.lock.writeUnlock(cpu)
  }

  *isContended(cpu: Cpu): Steps<boolean> {
    return yield* this.lock.isContended(cpu)
  }

  #assertSide(cpu: Cpu, side: Side): void {
    if (this.#sides[cpu.id] !== side) cpu.violation(this.#oracle, side)
  }
}
