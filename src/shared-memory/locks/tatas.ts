import { type Cpu, type LockId, type Word, WRITE } from '../cpu.ts'
import type { Place } from '../place.ts'
import type { Steps } from '../steps.ts'
import type { Lock } from './lock.ts'

/**
 * Test and test-and-set: the smallest lock, and unfair. What `virt_spin_lock()` falls back to under a hypervisor without
 * paravirtual spinlocks, so that a preempted waiter does not hold up the queue.
 *
 *   locked   0 free, 1 held     own line, written by the CPU that takes or leaves it
 *
 * Waiters read until they see 0 and only then write: a failing read-modify-write would take the line from the owner.
 */
export class TatasLock implements Lock {
  readonly id: LockId
  readonly locked: Word

  constructor(place: Place) {
    this.id = place.lock('tatas')
    this.locked = place.line('locked')
  }

  /** 0 -> 1, as often as it takes. */
  *acquire(cpu: Cpu): Steps<void> {
    // Needs acquire. Pairs with the store in release().
    const was = yield* cpu.xchg(this.locked, 1)
    if (was === 0) return
    yield* this.#acquireSlow(cpu)
  }

  *#acquireSlow(cpu: Cpu): Steps<void> {
    cpu.contentionBegin(this.id, WRITE)
    for (;;) {
      yield* cpu.untilEqual(this.locked, 0)
      const was = yield* cpu.xchg(this.locked, 1)
      if (was === 0) break
    }
    cpu.contentionEnd(this.id, WRITE)
  }

  /** 0 -> 1 or nothing. */
  *tryAcquire(cpu: Cpu): Steps<boolean> {
    const was = yield* cpu.cas(this.locked, 0, 1)
    return was === 0
  }

  /** 1 -> 0. */
  *release(cpu: Cpu): Steps<void> {
    // Publishes the critical section to the next xchg that returns 0.
    yield* cpu.storeRelease(this.locked, 0)
  }
}
