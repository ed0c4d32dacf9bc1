import { ACQUIRE, type Cpu, type LockId, RELEASE, type Word, WRITE } from '../cpu.ts'
import type { Place } from '../place.ts'
import type { Steps } from '../steps.ts'
import type { Lock } from './lock.ts'

const FREE = 0
const HELD = 1
const HELD_WITH_WAITERS = 2

/**
 * Sleeping lock in three states (Drepper, "Futexes are tricky", mutex 3). Not fair: a woken waiter competes with arrivals.
 *
 *   state   0 free, 1 held, 2 held and a CPU may sleep     own line, written by the CPU that takes or leaves it
 *
 *   acquire 0 -> 1 alone, * -> 2 after having waited     release 1 -> 0, 2 -> 0 and wake one
 *
 * A waiter that gets the lock leaves 2 behind, because it cannot know whether others still sleep: one wake-up too many now
 * and then, never one too few.
 */
export class Mutex implements Lock {
  readonly id: LockId
  readonly state: Word

  constructor(place: Place) {
    this.id = place.lock('mutex')
    this.state = place.line('state')
  }

  /** 0 -> 1 */
  *acquire(cpu: Cpu): Steps<void> {
    // Needs acquire. Pairs with release().
    const state = yield* cpu.cas(this.state, FREE, HELD, ACQUIRE)
    if (state !== FREE) yield* this.#acquireSlow(cpu)
  }

  /** 0 -> 1, or nothing. */
  *tryAcquire(cpu: Cpu): Steps<boolean> {
    const state = yield* cpu.cas(this.state, FREE, HELD, ACQUIRE)
    return state === FREE
  }

  /** 1 -> 0, or 2 -> 0 and one waiter is woken. */
  *release(cpu: Cpu): Steps<void> {
    // Needs release. Pairs with the xchg in #acquireSlow().
    const state = yield* cpu.xchg(this.state, FREE, RELEASE)
    if (state === HELD_WITH_WAITERS) yield* cpu.unpark(this.state, 1)
  }

  *#acquireSlow(cpu: Cpu): Steps<void> {
    cpu.contentionBegin(this.id, WRITE)
    for (;;) {
      // Announce the waiter and try at once: 0 -> 2 takes the lock, 1 -> 2 and 2 -> 2 wait for the owner.
      const state = yield* cpu.xchg(this.state, HELD_WITH_WAITERS, ACQUIRE)
      if (state === FREE) break
      // Sleeps only while the announcement stands, so a release in between is not missed.
      yield* cpu.park(this.state, HELD_WITH_WAITERS)
    }
    cpu.contentionEnd(this.id, WRITE)
  }
}
