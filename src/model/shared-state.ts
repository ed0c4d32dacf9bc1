import type { Word } from '../shared-memory/cpu.ts'
import type { Unused } from './activations.ts'
import type { Caches, Interconnect } from './cache.ts'
import type { LockTimes } from './lock-times.ts'
import type { Variation } from './variation.ts'

/**
 * How long the acting CPU may go on: until another CPU acts, and until an act of another can reach the lines that are here. Times are
 * ps. They do not begin as small integers: V8 gives a field that first held one, and then a time, another representation, and
 * throws away all code that it has compiled for objects of the former shape.
 */
export class Turn {
  limit = Number.NEGATIVE_INFINITY
  ownLimit = Number.NEGATIVE_INFINITY
}

/** What CPUs share besides cache lines, and how they tell the machine what they do. Times are ps. */
export type SharedState = Interconnect & {
  readonly words: Int32Array
  readonly times: Float64Array
  readonly caches: Caches
  readonly locks: LockTimes
  readonly variation: Variation
  readonly turn: Turn
  readonly unused: Unused
  /** By line: what is to blame for a wait until it changes. */
  readonly blames: Uint8Array
  readonly parked: (word: Word, cpu: number) => void
  readonly unparked: (word: Word, count: number, time: number) => void
  /** Units of a shared resource; the CPU is woken when they are done. */
  readonly post: (cpu: number, kind: number, units: number, time: number) => void
  /** Sends so many IPIs from that time on; returns when the last is sent. */
  readonly sendIpis: (units: number, time: number) => number
  /** How many operations the DVM domain has done so far. */
  readonly dvmOperations: () => number
  /** When the measured window ends. */
  readonly latest: () => number
}
