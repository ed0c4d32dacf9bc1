import { type Cpu, type Word, wordAt } from './cpu.ts'
import { TatasLock } from './locks/tatas.ts'
import type { Place } from './place.ts'
import { NO_OBJECT } from './rcu.ts'
import type { Steps } from './steps.ts'

/**
 * Free objects, last in first out: what was freed last is used again first, so that a use after free is soon one.
 *
 *   lock      tatas: held to take an object, by one CPU at a time, so that a head cannot go and come back under its CAS
 *   head      the object on top                own line, pushed by CAS
 *   link[]    the one below                    written by the CPU that pushes
 */
export class FreeList {
  readonly lock: TatasLock
  readonly head: Word
  readonly #links: Word

  constructor(place: Place, objects: number) {
    this.lock = new TatasLock(place.within('lock'))
    this.head = place.line('head')
    this.#links = place.table('link', objects, 'the CPU that frees')
  }

  /** For oracles: what lies below an object. */
  link(object: number): Word {
    return wordAt(this.#links, object)
  }

  /** Without the lock. */
  *push(cpu: Cpu, object: number): Steps<void> {
    for (;;) {
      const head = yield* cpu.load(this.head)
      yield* cpu.write(wordAt(this.#links, object), head)
      const was = yield* cpu.cas(this.head, head, object)
      if (was === head) return
    }
  }

  /** With the lock held; NO_OBJECT if there is none. */
  *pop(cpu: Cpu): Steps<number> {
    for (;;) {
      // As llist_del_first(): what lies below the head is read after it. Pairs with the cas in push().
      const head = yield* cpu.loadAcquire(this.head)
      if (head === NO_OBJECT) return NO_OBJECT
      const next = yield* cpu.read(wordAt(this.#links, head))
      const was = yield* cpu.cas(this.head, head, next)
      if (was === head) return head
    }
  }
}
