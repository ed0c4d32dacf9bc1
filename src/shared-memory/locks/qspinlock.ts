import { ACQUIRE, AS_STORE, AS_STORE_RELEASE, type Cpu, type LockId, type Word, WRITE } from '../cpu.ts'
import type { Place } from '../place.ts'
import type { Steps } from '../steps.ts'
import type { Lock } from './lock.ts'

/** _Q_PENDING_LOOPS: of the architectures that say nothing, and of x86. */
export const GENERIC_PENDING_LOOPS = 1
export const X86_PENDING_LOOPS = 1 << 9

/** Fields of the lock word: its owner, the first that waits, and from bit 16 on the CPU that is last in the queue. */
export const LOCKED = 0x001
export const LOCKED_MASK = 0x0ff
export const PENDING = 0x100
const LOCKED_PENDING_MASK = LOCKED_MASK | PENDING
const TAIL_CPU_SHIFT = 18
export const TAIL_MASK = ~0xffff
/** A bit that no CPU number has, so that "there is a successor" is a bit that goes away. */
export const NO_SUCCESSOR = 1 << 31

/** The tail that says "CPU `id` is last in the queue". The kernel's nesting index, bits 16 and 17, is always 0 here. */
export const encodeTail = (id: number) => (id + 1) << TAIL_CPU_SHIFT
export const decodeTail = (value: number) => (value >>> TAIL_CPU_SHIFT) - 1

type McsNode = { readonly locked: Word; readonly next: Word }

/**
 * Queued spinlock (kernel/locking/qspinlock.c): one word, first waiter on a pending bit, further waiters in an MCS queue,
 * each spinning on a line of its own. Strictly first come, first served; the paravirtual and test-and-set variants that a
 * kernel may choose under a hypervisor are not this lock.
 *
 *   val          tail (31..16) | pending (8) | locked (7..0)      own line
 *   node[cpu]    locked: 1 when the queue head is handed on       own line, written by the predecessor
 *                next: CPU behind us, or NO_SUCCESSOR             same line, written by the successor
 *
 *   (tail, pending, locked)
 *     free 0,0,0     held 0,0,1     held, one waits 0,1,1     held, more wait n,1,1     head waits n,0,1
 *
 * Contention events are emitted on the MCS path only, as in the kernel: a waiter on the pending bit is not traced.
 */
export class QSpinLock implements Lock {
  readonly id: LockId
  readonly val: Word
  readonly #nodes: readonly McsNode[]
  readonly #pendingLoops: number

  /**
   * `cpus`: how many CPUs may ever take the lock; their ids are 0 to cpus - 1, at most 16382. `pendingLoops`: _Q_PENDING_LOOPS, as
   * the architecture has it.
   */
  constructor(place: Place, cpus: number, pendingLoops: number = GENERIC_PENDING_LOOPS) {
    this.#pendingLoops = pendingLoops
    this.id = place.lock('qspinlock')
    this.val = place.line('val')
    this.#nodes = place
      .forEach(cpus, (cpu) => place.together([`node${cpu}.locked`, `node${cpu}.next`], `cpu ${cpu} and its neighbours`))
      .map((words, cpu) => ({ locked: words[`node${cpu}.locked`]!, next: words[`node${cpu}.next`]! }))
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
    // Needs release. The kernel stores a byte; the words here are whole, so the bit is taken away. No other CPU writes the
    // locked byte while it is 1, so both leave the same word behind. Pairs with the waits in #acquireSlow().
    yield* cpu.sub(this.val, LOCKED, AS_STORE_RELEASE)
  }

  /** `queued_spin_is_locked()`: any bit counts, so a waiter without an owner counts too. */
  *isLocked(cpu: Cpu): Steps<boolean> {
    const val = yield* cpu.load(this.val)
    return val !== 0
  }

  /** `queued_spin_is_contended()`: a CPU waits, on the pending bit or in the queue. */
  *isContended(cpu: Cpu): Steps<boolean> {
    const val = yield* cpu.load(this.val)
    return (val & ~LOCKED_MASK) !== 0
  }

  *#acquireSlow(cpu: Cpu, seen: number): Steps<void> {
    // 0,1,0 is the pending waiter's hand-over on its way to 0,0,1: look again, and do not queue for that.
    let val = seen
    for (let looks = 0; val === PENDING && looks < this.#pendingLoops; looks += 1) val = yield* cpu.load(this.val)
    if ((val & ~LOCKED_MASK) !== 0) return yield* this.#queue(cpu)

    // 0,0,* -> 0,1,*: we are the first to wait, unless another CPU queued or set it before us.
    val = yield* cpu.or(this.val, PENDING, ACQUIRE)
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

  *#queue(cpu: Cpu): Steps<void> {
    cpu.contentionBegin(this.id, WRITE)
    const node = this.#nodes[cpu.id]!
    const tail = encodeTail(cpu.id)
    yield* cpu.store(node.locked, 0)
    yield* cpu.store(node.next, NO_SUCCESSOR)

    // The queue may have emptied while the node was readied.
    const taken = yield* this.tryAcquire(cpu)
    if (!taken) yield* this.#waitInQueue(cpu, node, tail)
    cpu.contentionEnd(this.id, WRITE)
  }

  *#waitInQueue(cpu: Cpu, node: McsNode, tail: number): Steps<void> {
    // p,*,* -> n,*,*. Needs release: publishes the readied node to the successor.
    const old = yield* this.#xchgTail(cpu, tail)
    if ((old & TAIL_MASK) !== 0) {
      const before = this.#nodes[decodeTail(old)]!
      yield* cpu.store(before.next, cpu.id)
      // Our own line, written by the predecessor only. Needs acquire. Pairs with the hand-on below.
      yield* cpu.untilEqual(node.locked, 1)
    }

    // We are the head: *,*,* -> *,0,0. Needs acquire. Pairs with release() and the pending waiter's hand-over.
    const val = yield* cpu.untilClear(this.val, LOCKED_PENDING_MASK)
    // n,0,0 -> 0,0,1: no CPU behind us, so the tail goes too.
    if ((val & TAIL_MASK) === tail) {
      const was = yield* cpu.cas(this.val, val, LOCKED)
      if (was === val) return
    }
    // m,0,0 -> m,0,1: a CPU queued behind us; no other can take the lock, the tail keeps them out.
    yield* cpu.or(this.val, LOCKED, AS_STORE)

    // The CPU that swapped the tail after us is about to name itself in our node.
    const next = yield* cpu.untilClear(node.next, NO_SUCCESSOR)
    // Makes the successor the head.
    yield* cpu.storeRelease(this.#nodes[next]!.locked, 1)
  }

  /** The kernel swaps 16 bits; the words here are whole, so this is its loop for machines that cannot. */
  *#xchgTail(cpu: Cpu, tail: number): Steps<number> {
    let val = yield* cpu.load(this.val)
    for (;;) {
      const was = yield* cpu.cas(this.val, val, (val & ~TAIL_MASK) | tail)
      if (was === val) return was
      val = was
    }
  }
}
