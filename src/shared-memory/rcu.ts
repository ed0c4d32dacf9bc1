import { type Cpu, type Word, wordAt } from './cpu.ts'
import { TatasLock } from './locks/tatas.ts'
import type { Place } from './place.ts'
import type { Steps } from './steps.ts'

/** No object: the end of a list, or an empty one. Objects are numbered from 1. */
export const NO_OBJECT = 0

/**
 * RCU, as far as page tables need it: read sections that cost a line of one's own, and objects that are freed only when
 * every section which may still see them has ended. No CPU waits for a grace period: each that passes by moves it on.
 *
 *   section[cpu]   odd while the CPU is in a read section          own lines, written by the CPU
 *   lock           tatas: held to move grace periods on
 *   queued         objects that wait for the next grace period     list through link[], pushed by CAS
 *   waiting        objects of the one under way                    the same list, owner of the lock
 *   seen[cpu]      section[] when it began                         owner of the lock
 *
 *   (queued, waiting)   call() q,w -> q+1,w    a grace period begins q,0 -> 0,q    and ends 0,w -> 0,0
 *
 * As the kernel's counters of dynticks do: a section that was even, or has changed since, cannot be one that began before.
 */
export class Rcu {
  readonly lock: TatasLock
  readonly queued: Word
  readonly waiting: Word
  readonly #sections: readonly Word[]
  readonly #seen: Word
  readonly #links: Word

  /** Objects are 1 to `objects` - 1. */
  constructor(place: Place, cpus: number, objects: number) {
    this.lock = new TatasLock(place.within('lock'))
    this.queued = place.line('queued', 'the CPU that frees')
    this.waiting = place.line('waiting', 'owner of the lock')
    this.#sections = Array.from({ length: cpus }, (_, cpu) => place.line(`section${cpu}`, `cpu ${cpu}`))
    this.#seen = place.table('seen', cpus, 'owner of the lock')
    this.#links = place.table('link', objects, 'the CPU that frees')
  }

  /** For oracles: whether a CPU is in a read section, and what comes after an object in the list that it is in. */
  section(cpu: number): Word {
    return this.#sections[cpu]!
  }

  link(object: number): Word {
    return wordAt(this.#links, object)
  }

  /** `rcu_read_lock()`: even -> odd. */
  *readLock(cpu: Cpu): Steps<void> {
    // Needs a full barrier: the section is seen before anything is read in it. Pairs with the loads in #begin().
    yield* cpu.add(this.#sections[cpu.id]!, 1)
  }

  /** `rcu_read_unlock()`: odd -> even. */
  *readUnlock(cpu: Cpu): Steps<void> {
    // Needs release. Pairs with the loads in #isOver().
    yield* cpu.add(this.#sections[cpu.id]!, 1)
  }

  /** `call_rcu()`: the object, which no new reader can find any more, is to be freed when the old ones are gone. */
  *call(cpu: Cpu, object: number): Steps<void> {
    for (;;) {
      const head = yield* cpu.load(this.queued)
      yield* cpu.write(wordAt(this.#links, object), head)
      // Objects are taken off all at once, so a head that has come back does no harm.
      const was = yield* cpu.cas(this.queued, head, object)
      if (was === head) return
    }
  }

  /** Moves grace periods on as far as they can go; returns a list of objects to free, or NO_OBJECT. For nextOf(). */
  *advance(cpu: Cpu): Steps<number> {
    const taken = yield* this.lock.tryAcquire(cpu)
    if (!taken) return NO_OBJECT
    const waiting = yield* cpu.read(this.waiting)
    const isOver = waiting === NO_OBJECT ? true : yield* this.#isOver(cpu)
    if (isOver) yield* this.#begin(cpu)
    yield* this.lock.release(cpu)
    return isOver ? waiting : NO_OBJECT
  }

  *nextOf(cpu: Cpu, object: number): Steps<number> {
    return yield* cpu.read(wordAt(this.#links, object))
  }

  /** q,0 -> 0,q */
  *#begin(cpu: Cpu): Steps<void> {
    const queued = yield* cpu.xchg(this.queued, NO_OBJECT)
    yield* cpu.write(this.waiting, queued)
    if (queued === NO_OBJECT) return
    for (const [id, section] of this.#sections.entries()) {
      const count = yield* cpu.load(section)
      yield* cpu.write(wordAt(this.#seen, id), count)
    }
  }

  *#isOver(cpu: Cpu): Steps<boolean> {
    for (const [id, section] of this.#sections.entries()) {
      const seen = yield* cpu.read(wordAt(this.#seen, id))
      if ((seen & 1) === 0) continue
      const now = yield* cpu.load(section)
      if (now === seen) return false
    }
    return true
  }
}
