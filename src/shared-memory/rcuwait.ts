import { type Cpu, MB, type Word } from './cpu.ts'
import type { Place } from './place.ts'
import type { Steps } from './steps.ts'

/** `state` of a waiter that need not be woken. */
export const RUNNING = 0
const UNINTERRUPTIBLE = 1

/**
 * rcuwait (include/linux/rcuwait.h): room for one task that sleeps until a waker says that its condition may hold.
 *
 *   task    CPU that waits, plus 1, or 0       own line, written by the waiter
 *   state   0 running, 1 uninterruptible       same line, written by the waiter and by the waker
 *
 * The waiter's order is what makes it sound, as in the kernel: it marks itself asleep, then looks at its condition, then
 * sleeps; the waker makes the condition true, then wakes. The later of the two sees the other.
 */
export class RcuWait {
  readonly task: Word
  readonly state: Word

  constructor(place: Place) {
    const words = place.together(['task', 'state'], 'the waiter; state also by the waker')
    this.task = words.task
    this.state = words.state
  }

  /** `prepare_to_rcuwait()`: names the waiter. */
  *prepare(cpu: Cpu): Steps<void> {
    yield* cpu.store(this.task, cpu.id + 1)
  }

  /** `set_current_state(TASK_UNINTERRUPTIBLE)`: smp_store_mb(). */
  *setUninterruptible(cpu: Cpu): Steps<void> {
    yield* cpu.store(this.state, UNINTERRUPTIBLE)
    // The condition is looked at after it. Pairs with the barrier in wakeUp().
    yield* cpu.barrier(MB)
  }

  /** `schedule()`: sleeps unless a waker has woken us since setUninterruptible(). */
  *schedule(cpu: Cpu): Steps<void> {
    yield* cpu.untilEqual(this.state, RUNNING)
  }

  /** `finish_rcuwait()`: the room is free again. */
  *finish(cpu: Cpu): Steps<void> {
    yield* cpu.store(this.task, 0)
    yield* cpu.store(this.state, RUNNING)
  }

  /** `rcuwait_wake_up()`: call it after the condition has been made true. Returns whether it woke a waiter. */
  *wakeUp(cpu: Cpu): Steps<boolean> {
    // The condition is seen by a waiter that we do not see. Pairs with the barrier in setUninterruptible().
    yield* cpu.barrier(MB)
    const task = yield* cpu.load(this.task)
    if (task === 0) return false
    const state = yield* cpu.xchg(this.state, RUNNING)
    return state === UNINTERRUPTIBLE
  }
}
