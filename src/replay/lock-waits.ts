import { Blockers } from './blockers.ts'
import { Locks } from './locks.ts'
import type { Task } from './task.ts'
import type { TraceLine } from './trace-line.ts'
import { NO_RWLOCK } from './waits.ts'

/** The waits of tasks for locks, and what held each lock. */
export class LockWaits {
  readonly locks = new Locks()
  readonly blockers = new Blockers()

  /** Returns which lock that may be mmu_lock the task begins to wait for; NO_RWLOCK if it is none. */
  begin(task: Task, atNs: number, line: TraceLine, from: number, to: number, flags: number): number {
    const { locks } = this
    const rwlock = locks.lockOf(flags, line.bytes, from, to, task.isInFault)
    if (rwlock !== NO_RWLOCK) task.holds(NO_RWLOCK, 0)
    task.waits.begin(atNs, locks.addressKey(line.bytes, from, to), flags, rwlock, locks.isSleeper(flags))
    return rwlock
  }

  /** Returns which lock that may be mmu_lock the task has got; NO_RWLOCK if it is none. */
  end(task: Task, atNs: number, line: TraceLine, from: number, to: number): number {
    const { waits } = task
    const ended = waits.ended
    const rwlock = waits.end(atNs, this.locks.addressKey(line.bytes, from, to))
    if (waits.ended > ended) task.waitSpans?.add(atNs - waits.lastNs, atNs, waits.lastFlags, rwlock)
    if (rwlock === NO_RWLOCK) return NO_RWLOCK
    const isReader = this.locks.isReader(waits.lastFlags)
    const blocker = this.blockers.of(task.pid, atNs - waits.lastNs, isReader)
    if (task.isInFault) waits.wasInFault(rwlock, blocker)
    else waits.wasFor(rwlock, blocker)
    task.holds(rwlock, atNs, waits.lastFlags)
    this.locks.got(rwlock, task.pid)
    return rwlock
  }

  isWaiting(task: Task, { bytes }: TraceLine, from: number, to: number): boolean {
    return task.waits.isFor(this.locks.addressKey(bytes, from, to))
  }

  /** The task has set an SPTE: it held the lock that it had waited for until now. */
  ledToSpte(task: Task, atNs: number): void {
    const { heldRwlock, heldSinceNs, heldFlags } = task
    if (heldRwlock !== NO_RWLOCK && this.locks.held(heldRwlock, task.pid, atNs - heldSinceNs))
      task.holdSpans?.add(heldSinceNs, atNs, heldFlags, heldRwlock)
    this.blockers.faults(task.pid, atNs)
  }
}

/** A CPU goes from one task to another. Only those that KVM's or locks' events have spoken of are looked at. */
export function switchTasks(from: Task | undefined, to: Task | undefined, atNs: number): void {
  if (from !== undefined && from.onCpuSinceNs >= 0) {
    from.longestOnCpuNs = Math.max(from.longestOnCpuNs, atNs - from.onCpuSinceNs)
    from.onCpuSinceNs = -1
  }
  if (to !== undefined) to.onCpuSinceNs = atNs
}
