import type { Behaviour } from './behaviour.ts'
import type { Words } from './memory/store-buffer.ts'

/** In the word that says how an actor sleeps: 0 it does not, from 1 on its place in the queue, or that it was woken. */
const WOKEN = -1

/** No answer yet: the step put the actor to sleep. */
export const ASLEEP = -0x8000_0001

type Host = Words & { readonly behaviours: readonly Behaviour[]; readonly nodes: Int32Array }

/** The actors that sleep on each word, in the order in which they fell asleep: `park` and `unpark`. */
export class Sleepers {
  readonly #host: Host
  readonly #at: number

  /** `at`: the first of its words, one for each actor. */
  constructor(host: Host, at: number) {
    this.#host = host
    this.#at = at
  }

  /** Whether an actor can take its `park`: it does not sleep, or was woken. */
  isAwake(actor: number): boolean {
    return this.#host.memory[this.#at + actor]! <= 0
  }

  /** The first time it goes to sleep, if the word is as expected, and stays where it is; the second time it was woken. */
  park(actor: number, word: number, expected: number): number {
    const { memory } = this.#host
    const sleep = this.#at + actor
    if (memory[sleep] === WOKEN) this.#host.write(sleep, 0)
    else if (memory[word] === expected) {
      this.#host.write(sleep, this.#on(word).length + 1)
      return ASLEEP
    }
    return 0
  }

  unpark(word: number, count: number): void {
    for (const [index, actor] of this.#on(word).entries()) {
      this.#host.write(this.#at + actor, index < count ? WOKEN : index - count + 1)
    }
  }

  /** The actors that sleep on a word, in the order in which they went to sleep. */
  #on(word: number): number[] {
    const { memory, behaviours, nodes } = this.#host
    const place = (actor: number) => memory[this.#at + actor]!
    const isOn = (actor: number) => behaviours[actor]!.word.at[nodes[actor]!] === word
    const all = behaviours.map(({ id }) => id)
    return all.filter((actor) => place(actor) > 0 && isOn(actor)).sort((a, b) => place(a) - place(b))
  }
}
