/** Another thread that goes through the same states. */
export interface Company {
  /** Its part of the round is void. */
  readonly isRefuted: boolean
  /** States that it has added, and steps that it has taken. */
  readonly states: number
  readonly steps: number
  /** Asked now and then: gives it what it waits for. True if the walk has to stop for a breath. */
  attend(): boolean
  /** Whether it still explores a state. No is never wrong. */
  isOpen(low: number, high: number): boolean
}
