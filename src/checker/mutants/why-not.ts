import type { Mutation } from './mutations.ts'

/** Why no check notices a mutant: those in this file and function, of this kind, whose step matches `code`. */
export type WhyNot = {
  readonly file?: string
  readonly in?: string
  readonly kind?: Mutation['kind']
  readonly code: RegExp
  readonly verdict: 'equivalent' | 'survived'
  readonly why: string
}

/** Reasons for exchanged steps of every kind of order. */
export const EXCHANGED =
  'an older value makes the cmpxchg() of the same word that follows fail, which is a barrier for the compiler'
