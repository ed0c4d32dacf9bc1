import { type Column, float64Column } from './column.ts'
import { Hex } from './hex.ts'
import { Names } from './names.ts'

/** Flags of contention_begin for a queued rwlock that is waited for in turn, as mmu_lock is. */
const READ = 'SPIN|READ'
const WRITE = 'SPIN|WRITE'
const MAX_RWLOCKS = 4096

/** The locks of a trace: the flags that they were waited for with, and the rwlocks among them by their (hashed) address. */
export class Locks {
  /** Rwlock 0 is none. */
  readonly #addresses = new Names([''], MAX_RWLOCKS)
  readonly #flags = new Names([READ, WRITE], 256)
  readonly #address = new Hex()
  readonly #isSleeper: boolean[] = []
  /** By rwlock: from the end of a wait for it to the next SPTE that the same task set. */
  readonly #holdsNs: Column<Float64Array>[] = []

  flagsOf(bytes: Uint8Array, start: number, end: number): number {
    return this.#flags.idOf(bytes, start, end)
  }

  /** Which rwlock stands at `start`; 0 if the flags say that it is another kind of lock. */
  rwlockOf(flags: number, bytes: Uint8Array, start: number, end: number): number {
    return flags <= 1 ? this.#addresses.idOf(bytes, start, end) : 0
  }

  /** A number that tells locks apart. `%p` is hashed and printed in 16 digits, or with hash-ptr off an address of the kernel. */
  addressKey(bytes: Uint8Array, start: number, end: number): number {
    return this.#address.read(bytes, start, end) ? this.#address.low52 : 0
  }

  isSleeper(flags: number): boolean {
    this.#isSleeper[flags] ??= this.flagsName(flags).includes('MUTEX')
    return this.#isSleeper[flags]
  }

  flagsName(flags: number): string {
    return this.#flags.nameOf(flags)
  }

  addressOf(rwlock: number): string {
    return this.#addresses.nameOf(rwlock)
  }

  held(rwlock: number, ns: number): void {
    this.#holdsNs[rwlock] ??= float64Column()
    this.#holdsNs[rwlock].push(Math.max(0, ns))
  }

  holdsOf(rwlock: number): Column<Float64Array> {
    return this.#holdsNs[rwlock] ?? float64Column()
  }
}
