import type { Blocker } from './waits.ts'

/** So long before a wait began its cause may have happened. */
const LOOK_BACK_NS = 50e3

type Last = { pid: number; atNs: number; beforePid: number; beforeNs: number }

/** The last user of mmu_lock, as far as events tell: the task that the one that has just got it had waited for. An inference, not a fact. */
export class Blockers {
  readonly #last: Readonly<Record<Exclude<Blocker, 'unknown'>, Last>> = {
    notifier: { pid: -1, atNs: -1, beforePid: -1, beforeNs: -1 },
    fault: { pid: -1, atNs: -1, beforePid: -1, beforeNs: -1 },
    zap: { pid: -1, atNs: -1, beforePid: -1, beforeNs: -1 },
  }

  note(blocker: Exclude<Blocker, 'unknown'>, pid: number, atNs: number): void {
    const last = this.#last[blocker]
    if (last.pid !== pid) {
      last.beforePid = last.pid
      last.beforeNs = last.atNs
      last.pid = pid
    }
    last.atNs = atNs
  }

  /** What a task waited for whose wait began then and is over now. */
  of(pid: number, fromNs: number): Blocker {
    const notifier = this.#seen('notifier', pid)
    const fault = this.#seen('fault', pid)
    const zap = this.#seen('zap', pid)
    const latest = Math.max(notifier, fault, zap)
    if (latest < Math.max(0, fromNs - LOOK_BACK_NS)) return 'unknown'
    return latest === notifier ? 'notifier' : latest === fault ? 'fault' : 'zap'
  }

  /** When another task did this last. */
  #seen(blocker: Exclude<Blocker, 'unknown'>, pid: number): number {
    const last = this.#last[blocker]
    return last.pid === pid ? last.beforeNs : last.atNs
  }
}
