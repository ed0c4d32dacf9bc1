/** xorshift32: the load's only source of chance, seeded, in a local. */
export class Random {
  #state: number

  constructor(seed: number) {
    // Neighbouring seeds must not give neighbouring streams; 0 is the one state that xorshift cannot leave.
    this.#state = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) | 0 || 1
    for (let warm = 0; warm < 8; warm += 1) this.next()
  }

  /** 0 to 2^32 - 1. */
  next(): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return this.#state >>> 0
  }

  /** 0 to n - 1. */
  below(n: number): number {
    return this.next() % n
  }
}
