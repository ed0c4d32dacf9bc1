/** Another thread that goes through the same states. */
export interface Company {
  /** Its part of the round is void. */
  readonly isRefuted: boolean
  /** States that it has added, and steps that it has taken. */
  readonly states: number
  readonly steps: number
  /** Called now and then: serves requests of the other thread. True if the walk has to pause. */
  serve(): boolean
  /** Whether it still explores a state. A `false` is never wrong. */
  isOpen(low: number, high: number): boolean
}
