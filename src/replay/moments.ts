import { float64Column, uint32Column } from './column.ts'

/** The kind of a moment in a recording; the comment explains its value. */
export const PAGE_FAULT = 0 // gfn, or an address of the guest's own
export const GUEST_FAULT = 1 // gfn
export const INSTALL = 2 // gfn
export const NEIGHBOUR = 3 // gfn, mapped along with the INSTALL before it
export const TDP_INSTALL = 4 // gfn
export const UNMAP = 5 // which one of the invalidation log
export const ZAP = 6 // which run of zaps of this task it begins or continues
export const WAIT_BEGIN = 7 // rwlock
export const WAIT_END = 8 // rwlock
export const RETRY = 9 // 0: the task had got a lock, and began another fault or entered the guest with no SPTE set
export const GFNS_TAKEN = 10 // index of the cause that removed gfns
export type What = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10

const VALUE_LIMIT = 2 ** 32
const KIND_BITS = 4
const CPU_LIMIT = 2 ** 28

/**
 * The actions of a recording's tasks, in file order: 20 bytes each, kept only for a replay. The logs of tasks have the
 * same actions by kind; only this shows their order.
 */
export class Moments {
  readonly #atNs = float64Column()
  readonly #pids = uint32Column()
  readonly #whats = uint32Column()
  readonly #values = uint32Column()

  get length(): number {
    return this.#atNs.length
  }

  /** Gfns beyond 16 TiB are not kept, as in the logs of faults. */
  add(atNs: number, pid: number, cpu: number, what: What, value: number): void {
    if (value >= VALUE_LIMIT) return
    this.#atNs.push(atNs)
    this.#pids.push(pid)
    this.#whats.push((cpu % CPU_LIMIT) * (1 << KIND_BITS) + what)
    this.#values.push(value)
  }

  atNs(index: number): number {
    return this.#atNs.at(index)
  }

  pid(index: number): number {
    return this.#pids.at(index)
  }

  cpu(index: number): number {
    return this.#whats.at(index) >>> KIND_BITS
  }

  what(index: number): What {
    return (this.#whats.at(index) & ((1 << KIND_BITS) - 1)) as What
  }

  value(index: number): number {
    return this.#values.at(index)
  }
}
