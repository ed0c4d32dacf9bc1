import { ACQUIRE, type Cpu, type LockId, MB, type Word, WRITE } from '../cpu.ts'
import type { Place } from '../place.ts'
import type { Steps } from '../steps.ts'
import type { Lock } from './lock.ts'
import { decodeTail, encodeTail, LOCKED, LOCKED_MASK, NO_SUCCESSOR, PENDING, TAIL_MASK } from './qspinlock.ts'

/** `_Q_SLOW_VAL`: held, and the head of the queue has to be kicked by the CPU that releases the lock. */
export const SLOW = 0x003

/** `SPIN_THRESHOLD`, arch/x86: how often a waiter looks before it halts. */
export const SPIN_THRESHOLD = 1 << 15

// enum vcpu_state
const RUNNING = 0
const HALTED = 1
const HASHED = 2

type Node = { readonly state: Word; readonly locked: Word; readonly next: Word }

/**
 * Paravirtual queued spinlock (kernel/locking/qspinlock_paravirt.h, since v4.15), for more vCPUs than CPUs: a waiter halts until it is
 * kicked, and while the head of the queue is halted, a CPU that arrives may steal the lock, so that the lock need not wait for a vCPU
 * that has no CPU. A head that is awake sets pending, and nothing is stolen from it.
 *
 *   val          tail (31..16) | pending (8) | locked (7..0)      own line; locked is 1, or 3 if the head is to be kicked
 *   hashed       CPU of that head                                 own line, written before locked becomes 3
 *   node[cpu]    state: 0 runs, 1 halted, 2 halted and hashed     own line, written by its owner, the predecessor and the kicker
 *                locked: 1 when it is the head                    same line, written by the predecessor
 *                next: CPU behind us, or NO_SUCCESSOR             same line, written by the successor
 *
 *   (tail, pending, locked)
 *     steal t,0,0 -> t,0,1     head awake t,*,* -> t,1,*     head takes t,1,0 -> t,0,1     head asks t,0,1 -> t,0,3     release *,*,1 or 3 -> *,*,0
 *
 * What differs: a thief looks `looks` times, where the kernel's looks until the head is awake or the queue is gone; one look is what
 * kernels before v4.15 had. A kick sets `state` to 0, where the kernel's makes a vCPU runnable; so a head that was kicked and then robbed asks for
 * another kick, where the kernel's, which asks once, spins. `hashed` stands for the hash of all locks. `pv_wait_early()` is left out.
 * A thief's CAS is of the whole word, so it fails too if another CPU has queued. The swap of the tail is a loop, so a CPU that queues may be
 * overtaken without end.
 */
export class PvQSpinLock implements Lock {
  readonly id: LockId
  readonly val: Word
  readonly hashed: Word
  readonly #nodes: readonly Node[]
  readonly #looks: number

  /**
   * `cpus`: how many CPUs may ever take the lock; their ids are 0 to cpus - 1, at most 16382. `looks`: how often a waiter looks before it
   * halts. SPIN_THRESHOLD is the kernel's; 1 leaves the spinning to `park`, where nothing keeps thieves away.
   */
  constructor(place: Place, cpus: number, looks = 1) {
    this.id = place.lock('pv-qspinlock')
    this.val = place.line('val')
    this.hashed = place.line('hashed')
    this.#looks = looks
    this.#nodes = place.forEach(cpus, (cpu) =>
      place
        .within(`node${cpu}`)
        .together(['state', 'locked', 'next'], `cpu ${cpu}, its neighbours, and the CPU that kicks it`),
    )
  }

  /** 0,0,0 -> 0,0,1, or by theft, or through the queue. */
  *acquire(cpu: Cpu): Steps<void> {
    // Needs acquire. Pairs with release().
    const val = yield* cpu.cas(this.val, 0, LOCKED, ACQUIRE)
    if (val !== 0) yield* this.#acquireSlow(cpu)
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
    // Needs release, which pairs with the theft and with the head; later accesses need the data written before the 3.
    const val = yield* cpu.and(this.val, ~LOCKED_MASK)
    if ((val & LOCKED_MASK) !== SLOW) return
    // pv_unhash(). The lock may have gone on meanwhile: a kick that comes late makes its CPU look once more.
    const head = yield* cpu.load(this.hashed)
    const node = this.#nodes[head]!
    // Before the CPU is woken: pv_kick() is no plain store.
    yield* cpu.xchg(node.state, RUNNING)
    yield* cpu.unpark(node.state, 1)
  }

  /** `queued_spin_is_locked()`: a waiter without an owner counts too. */
  *isLocked(cpu: Cpu): Steps<boolean> {
    const val = yield* cpu.load(this.val)
    return val !== 0
  }

  *#acquireSlow(cpu: Cpu): Steps<void> {
    cpu.contentionBegin(this.id, WRITE)
    const node = this.#nodes[cpu.id]!
    // pv_init_node(). Plain, as in the kernel: others reach the node only through the tail, and #xchgTail() publishes it. A kick that comes
    // late from release() may write `state` meanwhile, the same value. A theft leaves the node unused, so it must not pay for barriers.
    yield* cpu.write(node.locked, 0)
    yield* cpu.write(node.next, NO_SUCCESSOR)
    yield* cpu.write(node.state, RUNNING)
    const stolen = yield* this.#steal(cpu)
    if (!stolen) yield* this.#queue(cpu, node)
    cpu.contentionEnd(this.id, WRITE)
  }

  /** `pv_hybrid_queued_unfair_trylock()`: t,0,0 -> t,0,1, and looks again while there is a queue whose head is not awake. */
  *#steal(cpu: Cpu): Steps<boolean> {
    for (let look = 0; look < this.#looks; look += 1) {
      const val = yield* cpu.load(this.val)
      if ((val & (LOCKED_MASK | PENDING)) === 0) {
        const was = yield* cpu.cas(this.val, val, val | LOCKED, ACQUIRE)
        if (was === val) return true
      }
      if ((val & TAIL_MASK) === 0 || (val & PENDING) !== 0) return false
      yield* cpu.pause()
    }
    return false
  }

  *#queue(cpu: Cpu, node: Node): Steps<void> {
    const tail = encodeTail(cpu.id)
    // Needs release: publishes the readied node to the successor.
    const old = yield* this.#xchgTail(cpu, tail)
    if ((old & TAIL_MASK) !== 0) {
      yield* cpu.store(this.#nodes[decodeTail(old)]!.next, cpu.id)
      yield* this.#waitNode(cpu, node)
    }
    yield* this.#waitHeadOrLock(cpu, node)
    yield* this.#leaveQueue(cpu, node, tail)
  }

  /** `pv_wait_node()`: until the predecessor makes us the head. It does not wake us for that: see #kickNode(). */
  *#waitNode(cpu: Cpu, node: Node): Steps<void> {
    for (;;) {
      for (let look = 0; look < this.#looks; look += 1) {
        // Needs acquire. Pairs with #leaveQueue().
        const isHead = yield* cpu.loadAcquire(node.locked)
        if (isHead !== 0) return
        yield* cpu.pause()
      }
      // smp_store_mb(). Pairs with the cas in #kickNode(): either we see that we are the head, or it sees that we are halted.
      yield* cpu.xchg(node.state, HALTED)
      const isHead = yield* cpu.load(node.locked)
      if (isHead === 0) yield* cpu.park(node.state, HALTED)
      // 1 -> 0; 2 stays.
      yield* cpu.cas(node.state, HALTED, RUNNING)
    }
  }

  /** `pv_wait_head_or_lock()`: t,*,0 -> t,0,1. */
  *#waitHeadOrLock(cpu: Cpu, node: Node): Steps<void> {
    for (;;) {
      // From here on nothing is stolen.
      yield* cpu.or(this.val, PENDING)
      for (let look = 0; look < this.#looks; look += 1) {
        const isTaken = yield* this.#takeFromPending(cpu)
        if (isTaken) return
        yield* cpu.pause()
      }
      yield* cpu.and(this.val, ~PENDING)

      const state = yield* cpu.load(node.state)
      if (state !== HASHED) {
        yield* cpu.store(this.hashed, cpu.id)
        yield* cpu.store(node.state, HASHED)
        // 0 -> 3 takes the lock, 1 -> 3 requests a kick from its owner. Needs acquire, and publishes the hashed entry. Pairs with release().
        const val = yield* cpu.or(this.val, SLOW)
        if ((val & LOCKED_MASK) === 0) {
          yield* cpu.and(this.val, ~SLOW | LOCKED)
          return
        }
      }
      yield* cpu.park(node.state, HASHED)
    }
  }

  /** `trylock_clear_pending()`: t,1,0 -> t,0,1. */
  *#takeFromPending(cpu: Cpu): Steps<boolean> {
    let val = yield* cpu.load(this.val)
    while ((val & LOCKED_MASK) === 0) {
      // Needs acquire. Pairs with release().
      const was = yield* cpu.cas(this.val, val, (val & TAIL_MASK) | LOCKED, ACQUIRE)
      if (was === val) return true
      val = was
    }
    return false
  }

  /** n,0,1 -> 0,0,1 if no CPU is behind us; else the successor is the head. */
  *#leaveQueue(cpu: Cpu, node: Node, tail: number): Steps<void> {
    const val = yield* cpu.load(this.val)
    if ((val & TAIL_MASK) === tail) {
      const was = yield* cpu.cas(this.val, val, LOCKED)
      if (was === val) return
    }
    const next = yield* cpu.untilClear(node.next, NO_SUCCESSOR)
    yield* cpu.storeRelease(this.#nodes[next]!.locked, 1)
    yield* this.#kickNode(cpu, next)
  }

  /** `pv_kick_node()`: a successor that is halted is not woken now, but by the release: *,*,1 -> *,*,3. */
  *#kickNode(cpu: Cpu, next: number): Steps<void> {
    // smp_mb__before_atomic(): a cas that fails orders nothing. Pairs with the xchg in #waitNode().
    yield* cpu.barrier(MB)
    // 1 -> 2
    const state = yield* cpu.cas(this.#nodes[next]!.state, HALTED, HASHED)
    if (state !== HALTED) return
    yield* cpu.store(this.hashed, next)
    yield* cpu.or(this.val, SLOW)
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
