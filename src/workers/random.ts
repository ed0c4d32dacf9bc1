/** The state of xorshift32 that follows on a state: its lowest 32 bits are the next number. */
export function stateAfter(state: number): number {
  const left = state ^ (state << 13)
  const right = left ^ (left >>> 17)
  return right ^ (right << 5)
}

/** The first state of a stream. */
export function stateOf(seed: number): number {
  // Neighbouring seeds must not give neighbouring streams; 0 is the one state that xorshift cannot leave.
  let state = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) | 0 || 1
  for (let warm = 0; warm < 8; warm += 1) state = stateAfter(state)
  return state
}

/** xorshift32: the load's only source of chance, seeded, in a local. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = stateOf(seed)
  }

  /** 0 to 2^32 - 1. */
  next(): number {
    this.#state = stateAfter(this.#state)
    return this.#state >>> 0
  }

  /** 0 to n - 1. */
  below(n: number): number {
    return this.next() % n
  }
}
