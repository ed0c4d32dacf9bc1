import { ACQUIRE, AS_STORE, AS_STORE_RELEASE, type Cpu, type LockId, RELEASE, type Word, WRITE } from '../cpu.ts'
import type { Place } from '../place.ts'
import type { Steps } from '../steps.ts'
import type { Lock } from './lock.ts'
import { decodeTail, encodeTail, LOCKED, LOCKED_MASK, NO_SUCCESSOR, PENDING, TAIL_MASK } from './qspinlock.ts'

/** `intra_node_handoff_threshold`: the hand-overs that stay on a node while CPUs of other nodes wait. */
export const INTRA_NODE_HANDOFFS = 1 << 16

const LOCKED_PENDING_MASK = LOCKED_MASK | PENDING
/** A bit that goes away when a CPU becomes the head. */
const NOT_HEAD = 1 << 31
const EMPTY = 0

type Node = { readonly locked: Word; readonly next: Word; readonly numaNode: Word; readonly handoffs: Word }

/** The head of the primary queue, and its knowledge. `second`: the last CPU of the secondary queue + 1, or EMPTY. */
type Head = {
  readonly node: Node
  readonly tail: number
  readonly numaNode: number
  readonly handoffs: number
  second: number
}

/**
 * Compact NUMA-aware queued spinlock ("Add NUMA-awareness to qspinlock", Alex Kogan, v15; kernel/locking/qspinlock_cna.h; not merged): the
 * slow path of a qspinlock with two queues. While the head of the primary queue waits for the lock, it moves waiters of other NUMA nodes to the
 * secondary queue, one at a time, and so hands the lock over within its node. The secondary queue comes back when the primary one is
 * empty, or after many hand-overs.
 *
 *   val          tail (31..16) | pending (8) | locked (7..0)            own line
 *   node[cpu]    locked: NOT_HEAD; then the last CPU of the secondary   own line, written by the predecessor
 *                queue + 1, or 0 if that queue is empty
 *                next: CPU behind us, or NO_SUCCESSOR                   same line, written by the successor and by the head
 *                numaNode, handoffs: of the head before us              same line, written by the predecessor
 *
 *   primary      head -> next -> ... -> tail of val
 *   secondary    a ring: its last CPU's next is its first
 *
 * What differs: the threshold counts hand-overs, as up to v10 of the series, where v15 asks a clock; `pending` is looked at once more before a CPU queues,
 * as where _Q_PENDING_LOOPS is 1. Left out: the priority of waiters in interrupts,
 * and the chance by which v15 leaves a queue unordered as long as the secondary one is empty.
 */
export class CnaQSpinLock implements Lock {
  readonly id: LockId
  readonly val: Word
  readonly #nodes: readonly Node[]
  readonly #nodeOf: (cpu: number) => number
  readonly #mostHandoffs: number

  /**
   * `cpus`: how many CPUs may ever take the lock; their ids are 0 to cpus - 1, at most 16382. `nodeOf`: the NUMA node of each. `mostHandoffs`: so many
   * stay on a node while CPUs of other nodes wait.
   */
  constructor(place: Place, cpus: number, nodeOf: (cpu: number) => number, mostHandoffs = INTRA_NODE_HANDOFFS) {
    this.id = place.lock('cna-qspinlock')
    this.val = place.line('val')
    this.#nodeOf = nodeOf
    this.#mostHandoffs = mostHandoffs
    this.#nodes = place.forEach(cpus, (cpu) =>
      place
        .within(`node${cpu}`)
        .together(['locked', 'next', 'numaNode', 'handoffs'], `cpu ${cpu}, its neighbours, and the head of the queue`),
    )
  }

  /** 0,0,0 -> 0,0,1 */
  *acquire(cpu: Cpu): Steps<void> {
    // Needs acquire. Pairs with release().
    const val = yield* cpu.cas(this.val, 0, LOCKED, ACQUIRE)
    if (val !== 0) yield* this.#acquireSlow(cpu, val)
  }

  /** 0,0,0 -> 0,0,1, or nothing. */
  *tryAcquire(cpu: Cpu): Steps<boolean> {
    const seen = yield* cpu.load(this.val)
    if (seen !== 0) return false
    const val = yield* cpu.cas(this.val, 0, LOCKED, ACQUIRE)
    return val === 0
  }

  /** *,*,1 -> *,*,0 */
  *release(cpu: Cpu): Steps<void> {
    // Needs release. Pairs with the waits in #acquireSlow() and #waitInQueue().
    yield* cpu.sub(this.val, LOCKED, AS_STORE_RELEASE)
  }

  /** `queued_spin_is_locked()`: any bit counts, so a waiter without an owner counts too. */
  *isLocked(cpu: Cpu): Steps<boolean> {
    const val = yield* cpu.load(this.val)
    return val !== 0
  }

  /** As in a qspinlock: the first waiter on the pending bit, further ones in the queue. */
  *#acquireSlow(cpu: Cpu, seen: number): Steps<void> {
    const settled = seen === PENDING ? yield* cpu.load(this.val) : seen
    if ((settled & ~LOCKED_MASK) !== 0) return yield* this.#queue(cpu)
    // 0,0,* -> 0,1,*: we are the first to wait, unless another CPU queued or set it before us.
    const val = yield* cpu.or(this.val, PENDING, ACQUIRE)
    if ((val & ~LOCKED_MASK) !== 0) {
      // Undo only what we did: the bit is another CPU's if it was set before.
      if ((val & PENDING) === 0) yield* cpu.and(this.val, ~PENDING, AS_STORE)
      return yield* this.#queue(cpu)
    }
    // 0,1,1 -> 0,1,0. Needs acquire. Pairs with release().
    yield* cpu.untilClear(this.val, LOCKED_MASK)
    // *,1,0 -> *,0,1: only the pending waiter may take the lock from here.
    yield* cpu.sub(this.val, PENDING - LOCKED, AS_STORE)
  }

  /** `cna_init_node()`, and the queue. */
  *#queue(cpu: Cpu): Steps<void> {
    cpu.contentionBegin(this.id, WRITE)
    const node = this.#nodes[cpu.id]!
    yield* cpu.store(node.locked, NOT_HEAD)
    yield* cpu.store(node.next, NO_SUCCESSOR)
    yield* cpu.write(node.numaNode, this.#nodeOf(cpu.id))
    yield* cpu.write(node.handoffs, 0)
    const taken = yield* this.tryAcquire(cpu)
    if (!taken) yield* this.#waitInQueue(cpu, node, encodeTail(cpu.id))
    cpu.contentionEnd(this.id, WRITE)
  }

  *#waitInQueue(cpu: Cpu, node: Node, tail: number): Steps<void> {
    let second = EMPTY
    // p,*,* -> n,*,*. Needs release: publishes the readied node to the successor and to the head.
    const old = yield* this.#xchgTail(cpu, tail)
    if ((old & TAIL_MASK) !== 0) {
      yield* cpu.store(this.#nodes[decodeTail(old)]!.next, cpu.id)
      // Needs acquire. Pairs with #makeHead().
      second = yield* cpu.untilClear(node.locked, NOT_HEAD)
    }
    const numaNode = yield* cpu.read(node.numaNode)
    const handoffs = yield* cpu.read(node.handoffs)
    const head: Head = { node, tail, numaNode, handoffs, second }
    yield* this.#waitHeadOrLock(cpu, head)

    // *,*,* -> *,0,0. Needs acquire. Pairs with release() and the pending waiter's hand-over.
    const val = yield* cpu.untilClear(this.val, LOCKED_PENDING_MASK)
    if ((val & TAIL_MASK) === tail) {
      const isLeft = yield* this.#tryClearTail(cpu, head, val)
      if (isLeft) return
    }
    // m,0,0 -> m,0,1: a CPU queued behind us; no other can take the lock, the tail keeps them out.
    yield* cpu.or(this.val, LOCKED, AS_STORE)
    // The CPU that swapped the tail after us is about to name itself in our node.
    const next = yield* cpu.untilClear(node.next, NO_SUCCESSOR)
    yield* this.#handOff(cpu, head, next)
  }

  /** `cna_wait_head_or_lock()`: orders the queue as long as the lock is taken. */
  *#waitHeadOrLock(cpu: Cpu, head: Head): Steps<void> {
    if (head.handoffs >= this.#mostHandoffs) return
    for (;;) {
      const val = yield* cpu.load(this.val)
      if ((val & LOCKED_PENDING_MASK) === 0) return
      const isOrdered = yield* this.#orderQueue(cpu, head)
      if (isOrdered) return
      yield* cpu.pause()
    }
  }

  /** `cna_order_queue()`: whether the next waiter is of the node that is served; if not, it is moved, unless it is the last. */
  *#orderQueue(cpu: Cpu, head: Head): Steps<boolean> {
    const next = yield* cpu.loadAcquire(head.node.next)
    if (next === NO_SUCCESSOR) return false
    const waiter = this.#nodes[next]!
    const numaNode = yield* cpu.read(waiter.numaNode)
    if (numaNode === head.numaNode) return true
    const behind = yield* cpu.load(waiter.next)
    if (behind !== NO_SUCCESSOR) yield* this.#spliceNext(cpu, head, next, behind)
    return false
  }

  /** `cna_splice_next()`: the next waiter becomes the last of the secondary queue, whose ring it closes. */
  *#spliceNext(cpu: Cpu, head: Head, next: number, behind: number): Steps<void> {
    yield* cpu.store(head.node.next, behind)
    let first = next
    if (head.second !== EMPTY) {
      const last = this.#nodes[head.second - 1]!
      first = yield* cpu.load(last.next)
      yield* cpu.store(last.next, next)
    }
    yield* cpu.store(this.#nodes[next]!.next, first)
    head.second = next + 1
  }

  /** `cna_try_clear_tail()`: n,0,0 -> 0,0,1, or m,0,1 with the secondary queue as the primary one, if no CPU is behind us. */
  *#tryClearTail(cpu: Cpu, head: Head, val: number): Steps<boolean> {
    if (head.second === EMPTY) {
      const was = yield* cpu.cas(this.val, val, LOCKED)
      return was === val
    }
    const last = this.#nodes[head.second - 1]!
    const first = yield* cpu.load(last.next)
    // Before the tail is updated: a CPU that queues behind the last one writes itself there.
    yield* cpu.store(last.next, NO_SUCCESSOR)
    const was = yield* cpu.cas(this.val, val, encodeTail(head.second - 1) | LOCKED, RELEASE)
    if (was === val) yield* this.#makeHead(cpu, first, EMPTY)
    else yield* cpu.store(last.next, first)
    return was === val
  }

  /** `cna_lock_handoff()`: within the node, with the secondary queue; or to that queue, if its turn has come. */
  *#handOff(cpu: Cpu, { numaNode, handoffs, second }: Head, next: number): Steps<void> {
    if (second === EMPTY) return yield* this.#makeHead(cpu, next, EMPTY)
    if (handoffs >= this.#mostHandoffs) {
      // cna_splice_head()
      const last = this.#nodes[second - 1]!
      const first = yield* cpu.load(last.next)
      yield* cpu.store(last.next, next)
      return yield* this.#makeHead(cpu, first, EMPTY)
    }
    yield* cpu.write(this.#nodes[next]!.numaNode, numaNode)
    yield* cpu.write(this.#nodes[next]!.handoffs, handoffs + 1)
    yield* this.#makeHead(cpu, next, second)
  }

  /** Needs release: publishes the order of the queues, and the data for the head. */
  *#makeHead(cpu: Cpu, next: number, second: number): Steps<void> {
    yield* cpu.storeRelease(this.#nodes[next]!.locked, second)
  }

  *#xchgTail(cpu: Cpu, tail: number): Steps<number> {
    let val = yield* cpu.load(this.val)
    for (;;) {
      const was = yield* cpu.cas(this.val, val, (val & ~TAIL_MASK) | tail)
      if (was === val) return was
      val = was
    }
  }
}
