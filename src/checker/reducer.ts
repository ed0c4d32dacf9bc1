/** Who must be tried in a state, so that nothing is missed. Steppers are bits; what it relies on it learns on the way. */
export interface Reducer {
  /** Something that was relied upon turned out wrong: this round is void. */
  readonly isRefuted: boolean
  beginRound(): void
  /** Takes in what the last step taught. */
  update(stepper: number): void
  /** A smallest persistent set among those of `able`, which must not be empty. */
  persistent(able: number): number
  /** If nobody can ever conflict with the next step of whoever stepped last, or of his stores: those that go on. Else 0. */
  goesOn(last: number, able: number): number
}
