import { ACQUIRE, type Cpu, type LockId, RELEASE, type Word, WRITE } from '../cpu.ts'
import type { Place } from '../place.ts'
import type { Steps } from '../steps.ts'
import type { Lock } from './lock.ts'
import { decodeTail, encodeTail, LOCKED, LOCKED_MASK, NO_SUCCESSOR, PENDING, TAIL_MASK } from './qspinlock.ts'

/** `_Q_SLOW_VAL`: held, and the head of the queue is halted, so who releases the lock kicks it. */
export const SLOW = 0x003

const WAITING = 0
const HEAD = 1
const HALTED = 2

type Node = { readonly state: Word; readonly next: Word }

/**
 * Paravirtual queued spinlock (kernel/locking/qspinlock_paravirt.h): for more vCPUs than CPUs. A waiter halts until it is kicked,
 * and an arrival may steal a lock that is free although others queue, so that the lock need not wait for one that has no CPU.
 *
 *   val          tail (31..16) | pending (8) | locked (7..0)      own line; locked is 1, or 3 if the head is halted
 *   node[cpu]    state: 0 waits, 1 head of the queue, 2 halted    own line, written by its owner and the predecessor
 *                next: CPU behind us, or NO_SUCCESSOR             same line, written by the successor
 *
 *   (tail, pending, locked)
 *     steal t,0,0 -> t,0,1     halt *,*,1 -> *,*,3     release *,*,1 or 3 -> *,*,0     head takes t,*,0 -> t,0,1
 *
 * Left out are the hash of halted heads, as they halt on the lock itself, and the spinning before a halt, which is the machine's.
 * The kernel's head keeps thieves away (pending) while it is awake; this one does once it has been robbed. Who queues may still be
 * overtaken without end: the swap of the tail is a loop here, and fails whenever the lock changes hands.
 */
export class PvQSpinLock implements Lock {
  readonly id: LockId
  readonly val: Word
  readonly #nodes: readonly Node[]

  /** `cpus`: how many CPUs may ever take the lock; their ids are 0 to cpus - 1, at most 16382. */
  constructor(place: Place, cpus: number) {
    this.id = place.lock('pv-qspinlock')
    this.val = place.line('val')
    this.#nodes = Array.from({ length: cpus }, (_, cpu) =>
      place.within(`node${cpu}`).together(['state', 'next'], `cpu ${cpu} and its neighbours`),
    )
  }

  /** 0,0,0 -> 0,0,1, or by theft, or through the queue. */
  *acquire(cpu: Cpu): Steps<void> {
    // Needs acquire. Pairs with release().
    const val = yield* cpu.cas(this.val, 0, LOCKED, ACQUIRE)
    if (val === 0) return
    const stolen = yield* this.#steal(cpu)
    if (!stolen) yield* this.#queue(cpu)
  }

  /** 0,0,0 -> 0,0,1, or nothing. */
  *tryAcquire(cpu: Cpu): Steps<boolean> {
    const seen = yield* cpu.load(this.val)
    if (seen !== 0) return false
    const val = yield* cpu.cas(this.val, 0, LOCKED, ACQUIRE)
    return val === 0
  }

  /** *,*,1 -> *,*,0, and *,*,3 -> *,*,0 with a kick. */
  *release(cpu: Cpu): Steps<void> {
    // Needs release. Pairs with the theft and with the head's or.
    const val = yield* cpu.and(this.val, ~LOCKED_MASK, RELEASE)
    if ((val & LOCKED_MASK) === SLOW) yield* cpu.unpark(this.val, 1)
  }

  /** `pv_hybrid_queued_unfair_trylock()`, once: t,0,0 -> t,0,1. */
  *#steal(cpu: Cpu): Steps<boolean> {
    const seen = yield* cpu.load(this.val)
    if ((seen & (LOCKED_MASK | PENDING)) !== 0) return false
    const val = yield* cpu.cas(this.val, seen, seen | LOCKED, ACQUIRE)
    return val === seen
  }

  *#queue(cpu: Cpu): Steps<void> {
    cpu.contentionBegin(this.id, WRITE)
    const node = this.#nodes[cpu.id]!
    const tail = encodeTail(cpu.id)
    yield* cpu.store(node.state, WAITING)
    yield* cpu.store(node.next, NO_SUCCESSOR)
    // Needs release: publishes the readied node to the successor.
    const old = yield* this.#xchgTail(cpu, tail)
    if ((old & TAIL_MASK) !== 0) yield* this.#waitForHead(cpu, node, decodeTail(old))
    yield* this.#waitForLock(cpu)
    yield* this.#leaveQueue(cpu, node, tail)
    cpu.contentionEnd(this.id, WRITE)
  }

  /** `pv_wait_node()`: halted until the predecessor makes us the head. */
  *#waitForHead(cpu: Cpu, node: Node, before: number): Steps<void> {
    yield* cpu.store(this.#nodes[before]!.next, cpu.id)
    // 0 -> 2, unless we are the head already. Pairs with the xchg in #leaveQueue().
    let state = yield* cpu.cas(node.state, WAITING, HALTED)
    while (state !== HEAD) {
      yield* cpu.park(node.state, HALTED)
      state = yield* cpu.load(node.state)
    }
  }

  /** `pv_wait_head_or_lock()`: t,*,0 -> t,0,1. */
  *#waitForLock(cpu: Cpu): Steps<void> {
    // 0 -> 3 takes the lock, 1 -> 3 asks its owner for a kick. Needs acquire. Pairs with release().
    let val = yield* cpu.or(this.val, SLOW, ACQUIRE)
    while ((val & LOCKED_MASK) !== 0) {
      // Only while the request stands, so that a release in between is not missed.
      yield* cpu.park(this.val, val | SLOW)
      // We may have been robbed: from here on nobody steals.
      val = yield* cpu.or(this.val, SLOW | PENDING, ACQUIRE)
    }
    // t,*,3 -> t,0,1. Nobody else sets pending, and only the head sets 3.
    yield* cpu.and(this.val, TAIL_MASK | LOCKED)
  }

  /** n,0,1 -> 0,0,1 if nobody is behind us; else the successor is the head, and is kicked if it is halted. */
  *#leaveQueue(cpu: Cpu, node: Node, tail: number): Steps<void> {
    const val = yield* cpu.load(this.val)
    if ((val & TAIL_MASK) === tail) {
      const was = yield* cpu.cas(this.val, val, LOCKED)
      if (was === val) return
    }
    const next = yield* cpu.untilClear(node.next, NO_SUCCESSOR)
    const successor = this.#nodes[next]!
    const state = yield* cpu.xchg(successor.state, HEAD)
    if (state === HALTED) yield* cpu.unpark(successor.state, 1)
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
