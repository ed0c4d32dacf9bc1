import type { OpKind } from '../shared-memory/op.ts'
import { refuse, userCode } from './user-code.ts'
import type { Words } from './words.ts'
import { YIELD_STAR } from './yield-star.ts'

/** Steps that may wait to be taken: `yield* within(lock, cpu.add(word, 1))` makes one before it takes others. */
const MOST = 64

/** The steps that a CPU has made, and whether they were taken: one without `yield*` does nothing at all. */
export class MadeSteps {
  #made = 0
  #taken = 0
  #kind: OpKind = 'pause'
  #word = -1
  /** The first one that was still waiting when the next was made. */
  #overtaken: { readonly kind: OpKind; readonly word: number } | undefined

  make(kind: OpKind, word: number, words: Words): void {
    if (this.#made === this.#taken) this.#overtaken = undefined
    else this.#overtaken ??= { kind: this.#kind, word: this.#word }
    this.#made += 1
    this.#kind = kind
    this.#word = word
    if (this.#made - this.#taken <= MOST) return
    refuse(
      `${userCode()} made ${MOST} steps and took none of them, ${this.left((at) => words.nameOf(at))} first`,
      YIELD_STAR,
    )
  }

  take(): void {
    this.#taken += 1
  }

  /** One that was not taken, as `load x`. */
  left(nameOf: (word: number) => string): string | undefined {
    if (this.#made === this.#taken) return undefined
    const { kind, word } = this.#overtaken ?? { kind: this.#kind, word: this.#word }
    return word < 0 ? kind : `${kind} ${nameOf(word)}`
  }
}
