import { type Cpu, RMB, WMB, type Word } from './cpu.ts'
import type { Place } from './place.ts'
import type { Steps } from './steps.ts'

/**
 * Sequence counter (include/linux/seqlock.h): readers look without writing and try again if a writer was there.
 * Writers exclude each other by a lock of their own.
 *
 *   sequence   even: stable, odd: a writer is at work     own line, written by the writer
 *
 *   writeBegin 2k -> 2k+1     writeEnd 2k+1 -> 2k+2
 */
export class SeqCount {
  readonly sequence: Word

  constructor(place: Place) {
    this.sequence = place.line('sequence', 'writer')
  }

  /** Waits out a writer; returns the sequence to hand to readRetry(). */
  *readBegin(cpu: Cpu): Steps<number> {
    // Needs acquire: the reads that follow stay behind it. Pairs with writeEnd().
    return yield* cpu.untilClear(this.sequence, 1)
  }

  /** True if a writer was active since `start`: the values read are void. */
  *readRetry(cpu: Cpu, start: number): Steps<boolean> {
    // The reads stay before this one. Pairs with the barrier in writeBegin().
    yield* cpu.barrier(RMB)
    const sequence = yield* cpu.load(this.sequence)
    return sequence !== start
  }

  *writeBegin(cpu: Cpu): Steps<void> {
    const sequence = yield* cpu.load(this.sequence)
    yield* cpu.store(this.sequence, (sequence + 1) | 0)
    // The odd number is seen before any of the writes. Pairs with readRetry().
    yield* cpu.barrier(WMB)
  }

  *writeEnd(cpu: Cpu): Steps<void> {
    // The writes are seen before the even number. Pairs with readBegin().
    yield* cpu.barrier(WMB)
    const sequence = yield* cpu.load(this.sequence)
    yield* cpu.store(this.sequence, (sequence + 1) | 0)
  }
}
