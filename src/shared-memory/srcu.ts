import { type Cpu, type LockId, MB, type Word, WRITE, wordAt } from './cpu.ts'
import type { Place } from './place.ts'
import type { Steps } from './steps.ts'

/** Nothing watches. A number, so that `readUnlock` can be compiled to WebAssembly. */
const NO_ORACLE = -1

/**
 * Sleepable RCU (kernel/rcu/srcutree.c, include/linux/srcu.h): readers say that they read, each on a line of its own;
 * a CPU that has published something new waits until all readers that may still see the old say that they are done.
 *
 *   idx            0 or 1: where new readers count themselves         own line, written by the CPU that synchronises
 *   readers[cpu]   sections that this CPU is in, begun under 0 and    own line, written by that CPU
 *                  under 1
 *
 *   readLock  readers[cpu][idx] n -> n+1     readUnlock  n+1 -> n     synchronize  idx 0 -> 1 or 1 -> 0
 *
 * The kernel counts locks and unlocks apart, because a reader may end on another CPU than it began on; ours never move, so
 * one counter does. Waiting for each counter to be 0 once would be enough to be right; there are two of them for the CPU
 * that waits, which would otherwise never see a busy CPU between two sections.
 */
export class Srcu {
  readonly id: LockId
  readonly idx: Word
  readonly readers: readonly Word[]

  readonly #oracle: number

  /**
   * `cpus`: the number of CPUs that may read; their ids are 0 to cpus - 1. `oracle`: violated by a CPU that leaves a
   * section that it is not in, as in lockdep.
   */
  constructor(place: Place, cpus: number, oracle: number = NO_ORACLE) {
    this.#oracle = oracle
    this.id = place.lock('srcu')
    this.idx = place.line('idx', 'the CPU that synchronises')
    this.readers = Array.from({ length: cpus }, (_, cpu) => place.table(`readers${cpu}`, 2, `cpu ${cpu}`))
  }

  /** `srcu_read_lock()`: sections nest. Returns what readUnlock() wants back. */
  *readLock(cpu: Cpu): Steps<number> {
    const idx = yield* cpu.load(this.idx)
    // Full barrier: we are counted before we read protected data. Pairs with the loads in synchronize().
    yield* cpu.add(this.#word(cpu.id, idx), 1)
    return idx
  }

  /** `srcu_read_unlock()` */
  *readUnlock(cpu: Cpu, idx: number): Steps<void> {
    // Full barrier: what we read stays before it. Pairs with the wait in synchronize().
    const was = yield* cpu.sub(this.#word(cpu.id, idx), 1)
    if (was <= 0 && this.#oracle !== NO_ORACLE) cpu.violation(this.#oracle, this.id)
  }

  /**
   * `synchronize_srcu()`: waits for all sections that have begun. One call at a time, as its callers hold a lock; never
   * inside a section, which would wait for itself.
   */
  *synchronize(cpu: Cpu): Steps<void> {
    cpu.contentionBegin(this.id, WRITE)
    // Sections that are not waited for see the published data. Pairs with the barrier in readLock().
    yield* cpu.barrier(MB)
    const idx = yield* cpu.load(this.idx)
    // Readers that loaded idx before it last changed, and counted themselves only afterwards.
    yield* this.#untilNoReader(cpu, idx ^ 1)
    // From here on new sections are counted where no CPU waits for them to end.
    yield* cpu.store(this.idx, idx ^ 1)
    // srcu_flip(): the number is seen before the sections under the old one are counted.
    yield* cpu.barrier(MB)
    yield* this.#untilNoReader(cpu, idx)
    cpu.contentionEnd(this.id, WRITE)
  }

  *#untilNoReader(cpu: Cpu, idx: number): Steps<void> {
    for (let other = 0; other < this.readers.length; other += 1) {
      // Pairs with the counting in readLock() and readUnlock().
      yield* cpu.untilEqual(this.#word(other, idx), 0)
    }
  }

  #word(cpu: number, idx: number): Word {
    return wordAt(this.readers[cpu]!, idx)
  }
}
