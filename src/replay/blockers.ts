import type { Blocker } from './waits.ts'

/** So long before a wait began its cause may have happened. */
const LOOK_BACK_NS = 50e3

type Last = { pid: number; atNs: number; beforePid: number; beforeNs: number }
const never = (): Last => ({ pid: -1, atNs: -1, beforePid: -1, beforeNs: -1 })

/** The last user of mmu_lock according to the events: the task that the new owner had waited for. An inference, not a fact. */
export class Blockers {
  readonly #notifier = never()
  readonly #fault = never()
  readonly #zap = never()

  invalidates(pid: number, atNs: number): void {
    note(this.#notifier, pid, atNs)
  }

  faults(pid: number, atNs: number): void {
    note(this.#fault, pid, atNs)
  }

  zaps(pid: number, atNs: number): void {
    note(this.#zap, pid, atNs)
  }

  /** What a task waited for during a wait that is now over. A reader waits for no fault, because faults are readers too. */
  of(pid: number, fromNs: number, isReader: boolean): Blocker {
    const notifier = seen(this.#notifier, pid)
    const fault = isReader ? -1 : seen(this.#fault, pid)
    const zap = seen(this.#zap, pid)
    const latest = Math.max(notifier, fault, zap)
    if (latest < Math.max(0, fromNs - LOOK_BACK_NS)) return 'unknown'
    return latest === notifier ? 'notifier' : latest === fault ? 'fault' : 'zap'
  }
}

function note(last: Last, pid: number, atNs: number): void {
  if (last.pid !== pid) {
    last.beforePid = last.pid
    last.beforeNs = last.atNs
    last.pid = pid
  }
  last.atNs = atNs
}

/** When another task did this last. */
const seen = (last: Last, pid: number) => (last.pid === pid ? last.beforeNs : last.atNs)
