import { type Cpu, type LockId, type Word, WRITE } from '../cpu.ts'
import type { Place } from '../place.ts'
import type { Steps } from '../steps.ts'
import type { Lock } from './lock.ts'

/**
 * Ticket lock: fair, in the order of the `next` increments. All waiters spin on one word.
 *
 *   next      the ticket the next arrival takes      own line, written by arrivals
 *   serving   the ticket that owns the lock          own line, written by the owner
 *
 *   (next, serving)   free n,n    held n+1,n    held with k waiting n+1+k,n
 *
 * Tickets are compared for equality only, so wrapping at 2^32 is harmless.
 */
export class TicketLock implements Lock {
  readonly id: LockId
  readonly next: Word
  readonly serving: Word

  constructor(place: Place) {
    this.id = place.lock('ticket')
    this.next = place.line('next', 'arrivals')
    this.serving = place.line('serving', 'owner')
  }

  /** (n,s) -> (n+1,s), then waits for s to become our n. */
  *acquire(cpu: Cpu): Steps<void> {
    const ticket = yield* cpu.add(this.next, 1)
    // Pairs with the store in release(): we see all the last owner wrote.
    const serving = yield* cpu.loadAcquire(this.serving)
    if (serving === ticket) return
    cpu.contentionBegin(this.id, WRITE)
    yield* cpu.untilEqual(this.serving, ticket)
    cpu.contentionEnd(this.id, WRITE)
  }

  /** (n,n) -> (n+1,n), only if no CPU holds or waits. */
  *tryAcquire(cpu: Cpu): Steps<boolean> {
    // Needs acquire. Pairs with release(): the CAS below looks at the other word.
    const serving = yield* cpu.loadAcquire(this.serving)
    // If `next` still equals the ticket being served, the lock was free and is ours.
    const next = yield* cpu.cas(this.next, serving, (serving + 1) | 0)
    return next === serving
  }

  /** (n,s) -> (n,s+1). Only the owner writes `serving`, so the load is never stale. */
  *release(cpu: Cpu): Steps<void> {
    const serving = yield* cpu.load(this.serving)
    // Publishes the critical section to the owner of ticket s+1.
    yield* cpu.storeRelease(this.serving, (serving + 1) | 0)
  }
}
