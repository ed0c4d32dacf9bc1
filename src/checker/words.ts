import { AS_STORE_RELEASE, type ChangeOrder } from '../shared-memory/cpu.ts'
import type { OpKind } from '../shared-memory/op.ts'
import type { Place } from '../shared-memory/place.ts'
import { refuse, userCode } from './user-code.ts'

const LOWEST = -0x8000_0000
const HIGHEST = 0xffff_ffff

/** The words of a program: an instruction on anything else is refused, and so is a value that is no 32-bit number. */
export class Words {
  readonly #place: Place
  readonly #isPlaced: Uint8Array

  constructor(place: Place) {
    this.#place = place
    this.#isPlaced = new Uint8Array(place.words)
    for (const { word, words } of place.entries) this.#isPlaced.fill(1, word, word + words)
  }

  nameOf(word: number): string {
    return this.#place.nameOf(word as never)
  }

  check(kind: string, word: number): void {
    if (typeof word === 'number' && this.#isPlaced[word] === 1) return
    const what = typeof word === 'number' ? `word ${word}` : `${String(word)} instead of a word`
    refuse(
      `${userCode() ?? 'the program'} asks for ${kind} of ${what}`,
      `The words are those that \`setup\` placed: ${this.#listed()}. Place it there, and return it.`,
    )
  }

  checkValues(kind: OpKind, word: number, a: number, b: number, order: ChangeOrder): void {
    const isKind = kind !== 'barrier' || (a >= 0 && a <= 2)
    if (isWhole(a) && isKind && isWhole(b) && order >= 0 && order <= AS_STORE_RELEASE) return
    const wrong = !isWhole(a) || !isKind ? a : !isWhole(b) ? b : order
    const on = word < 0 ? '' : ` of ${this.nameOf(word)}`
    refuse(
      `${userCode() ?? 'the program'} asks for ${kind}${on} with ${String(wrong)}`,
      'A word holds 32 bits: give a whole number, or one of the constants for a barrier or an order.',
    )
  }

  #listed(): string {
    const names = this.#place.entries.map(({ name, words }) => (words === 1 ? name : `${name}[0..${words - 1}]`))
    if (names.length === 0) return 'none'
    return names.length <= 8 ? names.join(', ') : `${names.slice(0, 8).join(', ')} and ${names.length - 8} more`
  }
}

const isWhole = (value: number): boolean => Number.isInteger(value) && value >= LOWEST && value <= HIGHEST
