import { Column } from './growing.ts'

/** Words that are distinguished; all later ones count as one, which is safe and only reduces less. */
export const CELLS = 512

/** The words that any actor accesses, numbered in the order of their first access. */
export class Cells {
  #cells = new Column(-1)
  #met = 0
  #shared: Int32Array | undefined

  of(word: number): number {
    const known = this.#cells.at[word] ?? -1
    return known === -1 ? this.#meet(word) : known
  }

  #meet(word: number): number {
    if (this.#shared !== undefined) return meetTogether(this.#shared, word)
    this.#cells.reserve(word + 1)
    const cell = Math.min(this.#met, CELLS - 1)
    this.#met += 1
    this.#cells.at[word] = cell
    return cell
  }

  /** The same numbers for machines on other threads. `words`: how many there are. */
  share(words: number): SharedArrayBuffer {
    const buffer = new SharedArrayBuffer((words + 1) * Int32Array.BYTES_PER_ELEMENT)
    const shared = new Int32Array(buffer).fill(-1)
    shared.set(this.#cells.at.subarray(0, words))
    shared[words] = this.#met
    this.adopt(buffer)
    return buffer
  }

  adopt(buffer: SharedArrayBuffer): void {
    this.#shared = new Int32Array(buffer)
    this.#cells.at = this.#shared
  }
}

/** The first of the threads to meet a word numbers it for all. The last element counts those that were met. */
function meetTogether(shared: Int32Array, word: number): number {
  const cell = Math.min(Atomics.add(shared, shared.length - 1, 1), CELLS - 1)
  const was = Atomics.compareExchange(shared, word, -1, cell)
  return was === -1 ? cell : was
}
