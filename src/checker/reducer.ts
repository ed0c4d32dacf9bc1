/** Which steppers must be tried in a state, so that nothing is missed. Steppers are bits; a reducer learns on the way what it relies on. */
export interface Reducer {
  /** Something that was relied upon turned out wrong: this round is void. */
  readonly isRefuted: boolean
  beginRound(): void
  /** Takes in what the last step taught. */
  update(stepper: number): void
  /** A smallest persistent set among those of `able`, which must not be empty. */
  persistent(able: number): number
  /** If no stepper can ever conflict with the next step of the one that stepped last, or of its stores: those that go on. Else 0. */
  goesOn(last: number, able: number): number
}
