import type { Word } from '../shared-memory/cpu.ts'
import { ThreadCpu } from './cpu.ts'
import type { CpuOfRun } from './cpu-of-run.ts'
import type { Memory } from './memory.ts'
import { type WordOperations, wordOperations } from './wasm/words.ts'

/**
 * A thread whose atomic operations on shared words are instructions of WebAssembly: V8 makes calls of `Atomics.*`, and compiles
 * these into what calls them. Plain accesses, waiting, and all that is no shared word are as on any thread.
 */
export class WasmCpu extends ThreadCpu {
  readonly #load: WordOperations['load']
  readonly #store: WordOperations['store']
  readonly #add: WordOperations['add']
  readonly #sub: WordOperations['sub']
  readonly #and: WordOperations['and']
  readonly #or: WordOperations['or']
  readonly #xchg: WordOperations['xchg']
  readonly #cas: WordOperations['cas']

  constructor(id: number, memory: Memory, spinLooks?: number, run?: CpuOfRun) {
    super(id, memory, spinLooks, run)
    if (memory.wasm === undefined) throw new Error('a WasmCpu needs words in WebAssembly memory')
    const operations = wordOperations(memory.wasm, memory.sleepers.byteOffset / 4, (word) => this.wake(word as Word))
    this.#load = operations.load
    this.#store = operations.store
    this.#add = operations.add
    this.#sub = operations.sub
    this.#and = operations.and
    this.#or = operations.or
    this.#xchg = operations.xchg
    this.#cas = operations.cas
  }

  override load(word: Word): number {
    return this.#load(word)
  }

  override store(word: Word, value: number): void {
    this.#store(word, value)
  }

  override loadAcquire(word: Word): number {
    return this.#load(word)
  }

  override storeRelease(word: Word, value: number): void {
    this.#store(word, value)
  }

  override add(word: Word, value: number): number {
    return this.#add(word, value)
  }

  override sub(word: Word, value: number): number {
    return this.#sub(word, value)
  }

  override and(word: Word, mask: number): number {
    return this.#and(word, mask)
  }

  override or(word: Word, mask: number): number {
    return this.#or(word, mask)
  }

  override xchg(word: Word, value: number): number {
    return this.#xchg(word, value)
  }

  override cas(word: Word, expected: number, value: number): number {
    return this.#cas(word, expected, value)
  }

  override untilEqual(word: Word, value: number): void {
    if (this.#load(word) !== value) super.untilEqual(word, value)
  }

  override untilClear(word: Word, mask: number): number {
    const seen = this.#load(word)
    return (seen & mask) === 0 ? seen : super.untilClear(word, mask)
  }
}
