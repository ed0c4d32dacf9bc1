/** Another thread that goes through the same states. */
export interface Company {
  /** Whether it waits for something: then the walk stops for a breath. */
  readonly isWanted: boolean
  /** Its part of the round is void. */
  readonly isRefuted: boolean
  /** States that it has added, and steps that it has taken. */
  readonly states: number
  readonly steps: number
  /** Whether it still explores a state. No is never wrong. */
  isOpen(low: number, high: number): boolean
}
