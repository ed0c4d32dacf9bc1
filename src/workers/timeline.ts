import { COUNTER, COUNTERS } from '../protocols/counters.ts'
import type { RolePlan } from './roles.ts'

/** The kinds of events in a timeline; the comment explains the value. */
export const WAIT_BEGAN = 0 // lock * 2 + side
export const WAIT_ENDED = 1 // lock * 2 + side
export const ACQUIRED = 2 // lock * 2 + side
export const RELEASING = 3 // lock * 2 + side
export const COUNTED = 4 // counter
export const RECORDED = 5 // histogram; the amount is ns
export const BROADCAST_BEGAN = 6 // kind
export const BROADCAST_ENDED = 7 // kind
export const SEQ = 8 // mmu_invalidate_seq
export const IN_PROGRESS = 9 // mmu_invalidate_in_progress
/** From here on: TRACEPOINTS, only of runs that write recordings. */
export const TRACED = 10
export type Code = number

export type Event = { readonly ns: number; readonly code: Code; readonly value: number; readonly amount: number }

const COUNT = 0
const LOST = 1
const HEAD = 2
const FIELDS = 4

/** The events of one CPU, in order, until its memory is full; later events are only counted. */
export class Timeline {
  readonly #words: Float64Array

  constructor(words: Float64Array) {
    this.#words = words
  }

  /** The number of doubles for this many events. */
  static size(events: number): number {
    return HEAD + events * FIELDS
  }

  add(ns: number, code: Code, value: number, amount = 0): void {
    const words = this.#words
    const at = HEAD + words[COUNT]! * FIELDS
    if (at + FIELDS > words.length) {
      words[LOST]! += 1
      return
    }
    words[at] = ns
    words[at + 1] = code
    words[at + 2] = value
    words[at + 3] = amount
    words[COUNT]! += 1
  }

  get events(): Event[] {
    return Array.from({ length: this.#words[COUNT]! }, (_, index) => {
      const [ns, code, value, amount] = this.#words.subarray(HEAD + index * FIELDS)
      return { ns: ns!, code: code!, value: value!, amount: amount! }
    })
  }

  /** Events for which there was no room. */
  get lost(): number {
    return this.#words[LOST]!
  }
}

/** Whether events are recorded yet: from the first invalidation on, if there are any. One word for all CPUs of a run. */
export class Trigger {
  readonly word: Int32Array

  constructor(word: Int32Array) {
    this.word = word
  }

  /** Roles that invalidate nothing are noted at once. */
  static of(word: Int32Array, roles: readonly RolePlan[]): Trigger {
    if (roles.every(({ role }) => role !== 'notifier')) word[0] = 1
    return new Trigger(word)
  }

  /** A CPU counts; true if that is an event to be shown. */
  counted(counter: number): boolean {
    if (counter === COUNTER.invalidate_start) this.word[0] = 1
    return IS_SHOWN[counter] === 1
  }

  get isPulled(): boolean {
    return this.word[0] === 1
  }
}

const SHOWN = ['retry_', 'yield_', 'tlb_flush_', 'entry_cancelled', 'relax_eagain', 'icache_inval_all', 'icache_wasted']

/** Counters of events that are rare and important enough to be shown each time. */
const IS_SHOWN = Uint8Array.from(COUNTERS, (name) =>
  Number(SHOWN.some((prefix) => name.startsWith(prefix)) && name !== 'tlb_flush_ipis'),
)
