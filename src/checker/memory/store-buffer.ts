import { valueAfter } from '../instructions.ts'
import type { MemoryModel } from './model.ts'

/** The placement of a machine's words, with changes that can be undone. */
export interface Words {
  readonly memory: Int32Array
  write(place: number, value: number): void
}

/** Stores that a CPU holds back at most; then its next one waits. */
const ENTRIES = 24
const SIZE = 4
const [WORD, VALUE, GROUP, CODE] = [0, 1, 2, 3]

/**
 * What one CPU has stored and the others do not see yet:
 *
 *   count     entries
 *   group     that the next store belongs to: how many write barriers lie between it and the oldest entry's
 *   entry[]   word, value and group, each 0 if it is none, and the instruction: a store of a byte changes its bits of the word only
 *
 * Under tso only the first entry may leave; under relaxed the first one of each word in group 0. Groups are counted from the
 * oldest that is left, and the entries lie in an order that does not tell more than matters, so that states which do the same
 * are equal.
 */
export class StoreBuffer {
  readonly #words: Words
  readonly #at: number
  readonly #isFifo: boolean
  readonly #lanes: number

  /** `at`: the first of `StoreBuffer.size` words. `lanes`: how many entries may be ready to leave at a time. */
  constructor(words: Words, at: number, model: MemoryModel, lanes: number) {
    this.#words = words
    this.#at = at
    this.#isFifo = model === 'tso'
    this.#lanes = lanes
  }

  static readonly size = 2 + ENTRIES * SIZE

  get count(): number {
    return this.#words.memory[this.#at]!
  }

  wordOf(entry: number): number {
    return this.#get(entry, WORD)
  }

  /** The value of a word that holds `was` after an entry has left. */
  valueAfter(entry: number, was: number): number {
    return valueAfter(this.#get(entry, CODE), was, this.#get(entry, VALUE), 0) | 0
  }

  /** A word as this CPU sees it, whose value for the others is `shared`: with all that it has stored there itself. */
  seen(word: number, shared: number): number {
    let value = shared
    for (let entry = 0; entry < this.count; entry += 1) {
      if (this.wordOf(entry) === word) value = this.valueAfter(entry, value)
    }
    return value
  }

  /** The entry that holds what this CPU stored last to a word, or -1. */
  newest(word: number): number {
    for (let entry = this.count - 1; entry >= 0; entry -= 1) if (this.wordOf(entry) === word) return entry
    return -1
  }

  hasRoom(word: number): boolean {
    if (this.count >= ENTRIES) return false
    return this.#isFifo || this.#group > 0 || this.newest(word) >= 0 || this.ready < this.#lanes
  }

  /** Whether a read-modify-write of that word may pass the buffered stores: none is to the word, and no write barrier has followed. */
  admits(word: number): boolean {
    return this.#group === 0 && this.newest(word) < 0
  }

  /** A write barrier, or a releasing store: later stores leave after those in the buffer. */
  mark(): void {
    if (this.#isFifo || this.count === 0) return
    this.#write(this.#at + 1, this.#get(this.count - 1, GROUP) + 1)
  }

  push(word: number, code: number, value: number): void {
    const group = this.#group
    let at = this.count
    if (!this.#isFifo) {
      // Sorted by group and word; of one word, in the order in which they came.
      while (at > 0 && this.#get(at - 1, GROUP) === group && this.wordOf(at - 1) > word) at -= 1
    }
    for (let entry = this.count; entry > at; entry -= 1) this.#copy(entry - 1, entry)
    this.#put(at, word, value, group, code)
    this.#write(this.#at, this.count + 1)
  }

  /** The number of entries that may leave now. */
  get ready(): number {
    if (this.#isFifo) return Math.min(1, this.count)
    let ready = 0
    for (let entry = 0; entry < this.count && this.#get(entry, GROUP) === 0; entry += 1) {
      if (entry === 0 || this.wordOf(entry) !== this.wordOf(entry - 1)) ready += 1
    }
    // A group may be larger, when the one before it has left: then its last words wait until there is a lane.
    return Math.min(ready, this.#lanes)
  }

  /** The entry of that number among those that may leave. */
  readyEntry(lane: number): number {
    let left = lane
    for (let entry = 0; ; entry += 1) {
      if (entry > 0 && this.wordOf(entry) === this.wordOf(entry - 1)) continue
      if (left === 0) return entry
      left -= 1
    }
  }

  /** One of the lanes that may leave that must leave before `entry` does. */
  laneBefore(entry: number): number {
    for (let lane = 0; lane < this.ready; lane += 1) {
      if (this.wordOf(this.readyEntry(lane)) === this.wordOf(entry) && this.#get(entry, GROUP) === 0) return lane
    }
    return 0
  }

  remove(entry: number): void {
    const last = this.count - 1
    for (let at = entry; at < last; at += 1) this.#copy(at + 1, at)
    this.#put(last, 0, 0, 0, 0)
    this.#write(this.#at, last)
    const oldest = last === 0 ? this.#group : this.#get(0, GROUP)
    if (oldest === 0) return
    for (let at = 0; at < last; at += 1) this.#write(this.#place(at, GROUP), this.#get(at, GROUP) - oldest)
    this.#write(this.#at + 1, this.#group - oldest)
  }

  get #group(): number {
    return this.#words.memory[this.#at + 1]!
  }

  #place(entry: number, part: number): number {
    return this.#at + 2 + entry * SIZE + part
  }

  #get(entry: number, part: number): number {
    return this.#words.memory[this.#place(entry, part)]!
  }

  #put(entry: number, word: number, value: number, group: number, code: number): void {
    this.#write(this.#place(entry, WORD), word)
    this.#write(this.#place(entry, VALUE), value)
    this.#write(this.#place(entry, GROUP), group)
    this.#write(this.#place(entry, CODE), code)
  }

  #copy(from: number, to: number): void {
    for (let part = 0; part < SIZE; part += 1) this.#write(this.#place(to, part), this.#get(from, part))
  }

  #write(place: number, value: number): void {
    this.#words.write(place, value)
  }
}
