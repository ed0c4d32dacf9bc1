import { mixHigh, mixLow } from '../fingerprint.ts'
import { Column } from '../growing.ts'
import type { Words } from './store-buffer.ts'

/** The number of old values kept for a CPU; it cannot miss any value overwritten later. */
const ENTRIES = 256
/** The number of old values of one word. It is bounded because a CPU may change a word forever while another is stopped. */
const OF_ONE_WORD = 4
const WORD_PLACE = 0x5000_0000
/** Hashes that differ where the remaining memory differs. */
const LAST_HASH = (1 << 28) - 1
/** Above all words, so that the k-th value of one word is not mistaken for the first of another. */
const STRIDE = 1 << 22

/**
 * What one CPU may still read although it has been overwritten: a load may have been satisfied at any moment since the last
 * barrier that holds it back. In the order in which they were overwritten:
 *
 *   count, then word and value of each
 *
 * No part of the state's fingerprint but for what `hash()` says: most of it can never be read.
 */
export class View {
  readonly #words: Words
  readonly #at: number
  /** The last hash that met each word, and how often, in one number. */
  readonly #met = new Column()
  #hashes = 0
  low = 0
  high = 0

  constructor(words: Words, at: number) {
    this.#words = words
    this.#at = at
  }

  static readonly size = 1 + ENTRIES * 2

  get count(): number {
    return this.#words.memory[this.#at]!
  }

  /** Another CPU overwrites `value`. */
  keep(word: number, value: number): void {
    if (this.#countOf(word) === OF_ONE_WORD) this.drop(this.oldest(word))
    const { count } = this
    if (count === ENTRIES) return
    this.#put(count, word, value)
    this.#words.write(this.#at, count + 1)
  }

  forget(): void {
    if (this.count > 0) this.#words.write(this.#at, 0)
  }

  /** The place of the oldest value of a word that may still be read, or -1 if that is the newest. */
  oldest(word: number): number {
    for (let entry = 0; entry < this.count; entry += 1) if (this.#word(entry) === word) return entry
    return -1
  }

  /** The same for the values other than `value`. */
  oldestBut(word: number, value: number): number {
    for (let entry = 0; entry < this.count; entry += 1) {
      if (this.#word(entry) === word && this.valueOf(entry) !== value) return entry
    }
    return -1
  }

  valueOf(entry: number): number {
    return this.#words.memory[this.#at + 2 + entry * 2]!
  }

  /** Reads an entry that need not be the oldest of its word. Coherence: what is older still is not read any more. */
  read(entry: number): number {
    const [word, value] = [this.#word(entry), this.valueOf(entry)]
    for (let left = entry; this.oldest(word) < left; left -= 1) this.drop(this.oldest(word))
    return value
  }

  /** From here on that value is not read any more. */
  drop(entry: number): void {
    const last = this.count - 1
    for (let at = entry; at < last; at += 1) this.#put(at, this.#word(at + 1), this.valueOf(at + 1))
    this.#words.write(this.#at, last)
  }

  dropAll(word: number): void {
    for (let entry = this.oldest(word); entry >= 0; entry = this.oldest(word)) this.drop(entry)
  }

  /** Leaves in `low` and `high` a fingerprint of the values of those words that `matters`. */
  hash(cpu: number, matters: (word: number) => boolean): void {
    this.low = 0
    this.high = 0
    this.#hashes = (this.#hashes + 1) & LAST_HASH
    const { memory } = this.#words
    const { count } = this
    for (let entry = 0, at = this.#at + 1; entry < count; entry += 1, at += 2) {
      const word = memory[at]!
      if (!matters(word)) continue
      const place = WORD_PLACE + cpu * STRIDE * 4 + Math.imul(this.#earlierOf(word), 0x9e37_79b1) + word
      this.low ^= mixLow(place, memory[at + 1]!)
      this.high ^= mixHigh(place, memory[at + 1]!)
    }
  }

  /** The number of values of the word that this hash has included. */
  #earlierOf(word: number): number {
    this.#met.reserve(word + 1)
    const last = this.#met.at[word]!
    const earlier = Math.floor(last / OF_ONE_WORD) === this.#hashes ? (last % OF_ONE_WORD) + 1 : 0
    this.#met.at[word] = this.#hashes * OF_ONE_WORD + earlier
    return earlier
  }

  #countOf(word: number): number {
    let found = 0
    for (let entry = 0; entry < this.count; entry += 1) if (this.#word(entry) === word) found += 1
    return found
  }

  #word(entry: number): number {
    return this.#words.memory[this.#at + 1 + entry * 2]!
  }

  #put(entry: number, word: number, value: number): void {
    this.#words.write(this.#at + 1 + entry * 2, word)
    this.#words.write(this.#at + 2 + entry * 2, value)
  }
}
