import type { Steps } from './steps.ts'

/** The index of a 32-bit word in the shared memory, in words. */
export type Word = Branded<'Word'>

/** The word `index` places after `base`, for tables that were placed as one piece. */
export const wordAt = (base: Word, index: number): Word => (base + index) as Word

/** The lock of a contention event: its index in `Place.locks`. */
export type LockId = Branded<'LockId'>

/** By a property and not by a symbol of this module: the module is built twice, and its words are the same words. */
type Branded<Name extends string> = number & { readonly brand: Name }

/** The side of a lock that was taken; `WRITE` for every lock that has one side only. */
export const READ = 0
export const WRITE = 1
export type Side = typeof READ | typeof WRITE

/** Barriers, by the kernel's names. JavaScript's Atomics imply the strongest everywhere; `check --memory` shows the rest. */
export const WMB = 0
export const RMB = 1
export const MB = 2
export type Barrier = typeof WMB | typeof RMB | typeof MB

/**
 * The order of a read-modify-write, by the kernel's suffixes: full (none), later accesses (`_acquire`), earlier accesses
 * (`_release`), none (`_relaxed`, and operations without a result, such as set_bit()). On x86 it is always full.
 */
export const FULL = 0
export const ACQUIRE = 1
export const RELEASE = 2
export const RELAXED = 3
export type Order = typeof FULL | typeof ACQUIRE | typeof RELEASE | typeof RELAXED

/**
 * For changes where the kernel stores a byte or a halfword of the word, as `WRITE_ONCE(lock->locked, 1)`: no other CPU changes these bits
 * meanwhile, and the old value is not used. JavaScript gives no order between atomics of different widths on the same bytes, so threads
 * change the whole word, as with `RELAXED` and `RELEASE`. The modelled machine charges a store, and the checker's weaker memory delays one.
 */
export const AS_STORE = 4
export const AS_STORE_RELEASE = 5
export type ChangeOrder = Order | typeof AS_STORE | typeof AS_STORE_RELEASE

/**
 * The instruction set of a protocol: the only way in which it touches the world. Written once for three machines; what
 * each instruction costs, and when another CPU may act, is the machine's affair.
 *
 * `load`, `store` and the read-modify-writes are the kernel's `READ_ONCE`, `WRITE_ONCE` and `atomic_*` of 32 bits. JavaScript
 * has them as sequentially consistent accesses only; the kernel does not, so a protocol says where it needs more: by barriers,
 * `loadAcquire` and `storeRelease`. Read-modify-writes are full barriers unless they name a weaker order, and `until*` acquire. `read` and
 * `write` are plain C accesses, which a compiler may repeat or cache: only for words that a lock protects, or where the kernel reads
 * plainly on purpose.
 */
export interface Cpu {
  /** 0 to n - 1, unique in the run. */
  readonly id: number

  read(word: Word): Steps<number>
  write(word: Word, value: number): Steps<void>

  load(word: Word): Steps<number>
  store(word: Word, value: number): Steps<void>
  /** `smp_load_acquire()`; also `rcu_dereference()`: accesses through the value come after it. */
  loadAcquire(word: Word): Steps<number>
  /** `smp_store_release()`, `rcu_assign_pointer()`: a CPU that reads the value sees everything written before. */
  storeRelease(word: Word, value: number): Steps<void>
  /** Like all read-modify-writes, returns the value before. */
  add(word: Word, value: number, order?: ChangeOrder): Steps<number>
  sub(word: Word, value: number, order?: ChangeOrder): Steps<number>
  and(word: Word, mask: number, order?: ChangeOrder): Steps<number>
  or(word: Word, mask: number, order?: ChangeOrder): Steps<number>
  xchg(word: Word, value: number, order?: Order): Steps<number>
  /** Stores `value` if the word holds `expected`; returns the value before, so it succeeded if that is `expected`. */
  cas(word: Word, expected: number, value: number, order?: Order): Steps<number>
  barrier(kind: Barrier): Steps<void>

  /** Waits until the word holds `value`: `atomic_cond_read_acquire(v, VAL == value)`. */
  untilEqual(word: Word, value: number): Steps<void>
  /** Waits until no bit of `mask` is set in the word; returns the value that ended the wait. */
  untilClear(word: Word, mask: number): Steps<number>
  /** Sleeps while the word holds `expected`, until `unpark`. May return early: re-read and decide. Like a futex. */
  park(word: Word, expected: number): Steps<void>
  /** Wakes up to `count` sleepers of `park(word)`. Store the new value first. */
  unpark(word: Word, count: number): Steps<void>
  /** `cpu_relax()`. */
  pause(): Steps<void>
  /** Waits for a moment of the run's clock, in ns. For load that follows a schedule; protocols know no time. */
  untilTime(ns: number): Steps<void>

  /** Cost without shared state: `units` of a path that is not re-created here, such as a VM exit. */
  work(kind: number, units: number): Steps<void>
  /** Cost on a resource that all CPUs share: `units` of an IPI round, a DVM operation, an IC IVAU. */
  broadcast(kind: number, units: number): Steps<void>

  /** A value for oracles and reports only: no step, no cost that is modelled, no ordering for the protocol. */
  peek(word: Word): number
  /** Leaves a mark for oracles only, in a word that no protocol reads: no step either. */
  poke(word: Word, value: number): void
  /** ns on the run's clock, for measuring. A protocol must not ask. */
  now(): number
  /** False once the run is over; a role asks before each of its operations. */
  running(): boolean
  /** Whether a kernel loop must abort: `signal_pending()`, or a VM that is being destroyed. */
  signalPending(): boolean
  /** Whether the scheduler wants this CPU: `need_resched()`. */
  needResched(): boolean

  /** Adds to this CPU's own counter. */
  count(counter: number, by: number): void
  /** Raises this CPU's own counter to `value` if it is lower. */
  countHighest(counter: number, value: number): void
  /** Records a value in ns in this CPU's own histogram. */
  record(histogram: number, ns: number): void
  /** A property was violated; `value` says where: a gfn or a count. */
  violation(oracle: number, value: number): void

  /** The kernel's tracepoints `lock:contention_begin` and `lock:contention_end`: a slow path begins and ends. */
  contentionBegin(lock: LockId, side: Side): void
  contentionEnd(lock: LockId, side: Side): void
  /** The lock was taken, and is about to be released; called only while a run keeps lock statistics. */
  acquired(lock: LockId, side: Side): void
  releasing(lock: LockId, side: Side): void
}

/** The interface of a machine that runs the direct build: the same instructions as ordinary calls. */
export type Direct<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => Steps<infer R> ? (...args: A) => R : T[K]
}
