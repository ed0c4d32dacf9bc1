import { Column } from './growing.ts'

/** The fields of each step's record; the last is the start of its writes in the log. */
export const [STEPPER, NODE, HASH_LOW, HASH_HIGH, LOW, HIGH, COUNTED] = [0, 1, 2, 3, 4, 5, 6] as const
const LOGGED = 7
const SIZE = 8

/** The way from the start to a state: the stepper of each step, and what there was before it, so that it can be undone. */
export class Trail {
  /** Steps so far. */
  depth = 0
  readonly #records = new Column(0, 1024 * SIZE)
  readonly #log = new Column()
  #logged = 0

  /** Begins a step: its stepper and the actor's node, the fingerprint and its part, and the counters. */
  begin(
    stepper: number,
    node: number,
    hashLow: number,
    hashHigh: number,
    low: number,
    high: number,
    counted: number,
  ): void {
    const place = this.depth * SIZE
    this.depth += 1
    this.#records.reserve(place + SIZE)
    const { at } = this.#records
    at[place + STEPPER] = stepper
    at[place + NODE] = node
    at[place + HASH_LOW] = hashLow
    at[place + HASH_HIGH] = hashHigh
    at[place + LOW] = low
    at[place + HIGH] = high
    at[place + COUNTED] = counted
    at[place + LOGGED] = this.#logged
  }

  /** A field of the record of the step at that depth. */
  of(depth: number, part: number): number {
    return this.#records.at[depth * SIZE + part]!
  }

  /** The step that has begun changes a word. */
  log(word: number, was: number): void {
    this.#log.reserve(this.#logged + 2)
    this.#log.at[this.#logged] = word
    this.#log.at[this.#logged + 1] = was
    this.#logged += 2
  }

  /** Takes the last step back: its record can be read until another one begins. */
  undo(memory: Int32Array): void {
    this.depth -= 1
    const log = this.#log.at
    for (const until = this.of(this.depth, LOGGED); this.#logged > until; ) {
      this.#logged -= 2
      memory[log[this.#logged]!] = log[this.#logged + 1]!
    }
  }

  /** The stepper of each step so far. */
  schedule(): number[] {
    return Array.from({ length: this.depth }, (_, depth) => this.of(depth, STEPPER))
  }
}
