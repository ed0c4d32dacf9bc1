import type { Known } from './exchange.ts'

/** Chooses the steppers to try in a state so that nothing is missed. Steppers are bits; a reducer learns its assumptions while exploring. */
export interface Reducer {
  /** Something that was relied upon turned out wrong: this round is void. */
  readonly isRefuted: boolean
  beginRound(): void
  /** From now on the reducer of another thread learns the same. Returns how both number the words, of which there are so many. */
  share(words: number): SharedArrayBuffer
  /** The same for the thread that numbers the words as the other does already. */
  tellAndHear(): void
  readonly hasNews: boolean
  /** The knowledge gained since the last call. */
  news(): Known[][]
  /** Takes in what another thread has learned. */
  receive(news: readonly (readonly Known[])[]): void
  /** Learns from the last step. */
  update(stepper: number): void
  /** A smallest persistent set among those of `able`, which must not be empty. */
  choose(able: number): number
  /** The set that was chosen last is explored: notes what that relies on. */
  rely(): void
  /** If no stepper can ever conflict with the next step of the last stepper, or with its stores: those that continue. Otherwise 0. */
  continuing(last: number, able: number): number
}
