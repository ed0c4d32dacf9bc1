import { type Column, float64Column } from './column.ts'
import { Hex } from './hex.ts'
import { MMU_LOCK_NAME } from './lockdep-events.ts'
import { Names } from './names.ts'

/** The kind of waiter by a lock's flags: names that __print_flags() joins, in any order. */
export type LockKind = 'rwlock' | 'rt-rwlock' | 'spinlock' | 'sleeper' | 'other'

/** Flags of contention_begin for a queued rwlock that is waited for in turn, as mmu_lock is on x86 and arm64. */
const READ = 'SPIN|READ'
const WRITE = 'SPIN|WRITE'
const MAX_LOCKS = 4096

/** The locks of a trace: the flags that they were waited for with, and those that may be mmu_lock by their (hashed) address. */
export class Locks {
  /** Lock 0 is none. */
  readonly #addresses = new Names([''], MAX_LOCKS)
  readonly #flags = new Names([READ, WRITE], 256)
  readonly #address = new Hex()
  readonly #kinds: LockKind[] = []
  readonly #readers: boolean[] = []
  /** By lock: from the end of a wait for it to the SPTE that the same task set in the same fault. */
  readonly #holdsNs: Column<Float64Array>[] = []
  /** By lock: the task that got it last after a wait, and how many of its waits led to an SPTE. */
  readonly #lastOwner: number[] = []
  readonly #ledToSpte: number[] = []
  readonly #kindOfLock: LockKind[] = []

  flagsOf(bytes: Uint8Array, start: number, end: number): number {
    return this.#flags.idOf(bytes, start, end)
  }

  /**
   * The lock at `start` if mmu_lock may be of its kind; 0 if not. It is a spinlock on RISC-V, LoongArch and PowerPC: of a
   * host's many spinlocks, only those that faults wait for are kept separate.
   */
  lockOf(flags: number, bytes: Uint8Array, start: number, end: number, isInFault: boolean): number {
    const kind = this.kindOf(flags)
    if (kind !== 'rwlock' && kind !== 'rt-rwlock' && !(kind === 'spinlock' && isInFault)) return 0
    const lock = this.#addresses.idOf(bytes, start, end)
    this.#kindOfLock[lock] = kind
    return lock
  }

  kindOfLock(lock: number): LockKind {
    return this.#kindOfLock[lock] ?? 'other'
  }

  /** A number that identifies a lock. `%p` is hashed and printed with 16 digits, or with hash-ptr off a kernel address. */
  addressKey(bytes: Uint8Array, start: number, end: number): number {
    return this.#address.read(bytes, start, end) ? this.#address.low52 : 0
  }

  isSleeper(flags: number): boolean {
    return this.kindOf(flags) === 'sleeper'
  }

  isReader(flags: number): boolean {
    this.#readers[flags] ??= this.flagsName(flags).split('|').includes('READ')
    return this.#readers[flags]
  }

  kindOf(flags: number): LockKind {
    this.#kinds[flags] ??= kindNamed(this.flagsName(flags).split('|'))
    return this.#kinds[flags]
  }

  flagsName(flags: number): string {
    return this.#flags.nameOf(flags)
  }

  addressOf(lock: number): string {
    return this.#addresses.nameOf(lock)
  }

  /** A task got the lock after a wait. */
  got(lock: number, pid: number): void {
    this.#lastOwner[lock] = pid
  }

  /**
   * The task that got the lock after a wait has set an SPTE `ns` later. If another has got the lock since, the first had
   * released it before.
   */
  held(lock: number, pid: number, ns: number): boolean {
    this.#ledToSpte[lock] = (this.#ledToSpte[lock] ?? 0) + 1
    if (this.#lastOwner[lock] !== pid) return false
    this.#holdsNs[lock] ??= float64Column()
    this.#holdsNs[lock].push(Math.max(0, ns))
    return true
  }

  ledToSpte(lock: number): number {
    return this.#ledToSpte[lock] ?? 0
  }

  /** Up to `mostNs`: where nothing would show that a wait had ended in a retry, a long way is that of another fault. */
  holdsOf(lock: number, mostNs: number): Column<Float64Array> {
    const kept = float64Column()
    const all = this.#holdsNs[lock]
    for (let index = 0; all !== undefined && index < all.length; index += 1) {
      if (all.at(index) <= mostNs) kept.push(all.at(index))
    }
    return kept
  }
}

function kindNamed(names: readonly string[]): LockKind {
  const has = (name: string) => names.includes(name)
  if (has(MMU_LOCK_NAME)) return 'rwlock'
  if (has('MUTEX')) return 'sleeper'
  if (has('PERCPU')) return 'other'
  const isShared = has('READ') || has('WRITE')
  if (has('RT')) return isShared ? 'rt-rwlock' : 'spinlock'
  if (has('SPIN')) return isShared ? 'rwlock' : 'spinlock'
  return 'other'
}
