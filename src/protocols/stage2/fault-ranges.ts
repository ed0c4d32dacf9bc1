import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu, Word } from '../../shared-memory/cpu.ts'
import type { Lock } from '../../shared-memory/locks/lock.ts'
import { Mutex } from '../../shared-memory/locks/mutex.ts'
import { QSpinLock } from '../../shared-memory/locks/qspinlock.ts'
import { WatchedLock } from '../../shared-memory/lockstat.ts'
import type { Place } from '../../shared-memory/place.ts'
import type { Steps } from '../../shared-memory/steps.ts'

type Node = { readonly start: Word; readonly end: Word; readonly next: Word }

const NONE = 0

/**
 * The ranges of guest memory whose I-cache invalidation is under way (`fault_ranges` of the patch): a vCPU that finds its own among
 * them bails out. The patch keeps them in an interval tree; a list does the same, as there is at most one node a CPU.
 *
 *   head         1 + CPU of the first node, 0: none            guarded by one of the two locks
 *   node[cpu]    start, end (exclusive), next                  one line a CPU, guarded by the same
 *   mutex        what the patch takes                          sleeps
 *   spinlock     what may be taken under mmu_lock
 */
export class FaultRanges {
  readonly mutex: Lock
  readonly spinlock: Lock
  readonly #head: Word
  readonly #nodes: readonly Node[]

  constructor(place: Place, cpus: number, lockStatistics: boolean) {
    const mutex = new Mutex(place.within('mutex'))
    const spinlock = new QSpinLock(place.within('spinlock'), cpus)
    this.mutex = lockStatistics ? new WatchedLock(mutex) : mutex
    this.spinlock = lockStatistics ? new WatchedLock(spinlock) : spinlock
    this.#head = place.line('head', 'owner of a lock')
    this.#nodes = Array.from({ length: cpus }, (_, cpu) =>
      place.within(`node${cpu}`).together(['start', 'end', 'next'], 'owner of a lock'),
    )
  }

  /** With the lock held: adds [start, end) in the CPU's node, unless a range overlaps it. True if it was added. */
  *add(cpu: Cpu, start: Gfn, end: Gfn): Steps<boolean> {
    const head = yield* cpu.read(this.#head)
    for (let at = head; at !== NONE; ) {
      const node = this.#nodes[at - 1]!
      const otherStart = yield* cpu.read(node.start)
      const otherEnd = yield* cpu.read(node.end)
      if (start < otherEnd && otherStart < end) return false
      at = yield* cpu.read(node.next)
    }
    const own = this.#nodes[cpu.id]!
    yield* cpu.write(own.start, start)
    yield* cpu.write(own.end, end)
    yield* cpu.write(own.next, head)
    yield* cpu.write(this.#head, cpu.id + 1)
    return true
  }

  /** With the lock held: takes the CPU's node out. */
  *remove(cpu: Cpu): Steps<void> {
    const next = yield* cpu.read(this.#nodes[cpu.id]!.next)
    let link = this.#head
    for (;;) {
      const at = yield* cpu.read(link)
      if (at === cpu.id + 1) break
      link = this.#nodes[at - 1]!.next
    }
    yield* cpu.write(link, next)
  }
}
