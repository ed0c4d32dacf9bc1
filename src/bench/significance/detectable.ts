import { probit } from 'simple-statistics'

/** Rank tests need this much more than a t test on normal values (asymptotic relative efficiency, Pitman). */
const RANK_COST = Math.PI / 3
/** How surely a difference of the size that is named would have been found. */
const POWER = 0.8
/** A factor of e to the 20: a test that does not claim this change claims none. */
const LARGEST = 20
const STEPS = 24

/** A decision procedure for values without their difference, as logarithms. */
export type Resolution = {
  /** Whether the values would be called different if one side were shifted by this amount. */
  readonly claims: (shift: number) => boolean
  /** Standard error of the difference. */
  readonly error: number
  readonly freedom: number
  /** No claim is made below this, even if the test allows one. */
  readonly guard: number
  /** How much more the threshold of a claim varies than a plain estimate of a spread: found by simulation. */
  readonly unsure?: number
}

/**
 * The smallest ratio minus 1 that the whole procedure would have claimed in four cases of five: what `~` is worth. It is where
 * these very values, moved apart, begin to be called different, and beyond the guard; and as much more as keeps four fifths of
 * all estimates above that. Both vary: the estimate by its standard error, and where claims begin as the estimate of a spread does.
 * Null if no difference would have been called one.
 */
export function detectable({ claims, error, freedom, guard, unsure = 1 }: Resolution): number | null {
  if (!claims(LARGEST)) return null
  let [low, high] = [0, LARGEST]
  for (let step = 0; step < STEPS; step += 1) {
    const middle = (low + high) / 2
    if (claims(middle)) high = middle
    else low = middle
  }
  const least = Math.max(high, guard)
  const spread = Math.sqrt(error * error * RANK_COST + (unsure * least * least) / freedom)
  return Math.expm1(least + student(probit(POWER), freedom) * spread)
}

/** Student's quantile from the normal one (Abramowitz and Stegun 26.7.5), three terms. */
function student(z: number, freedom: number): number {
  const first = (z ** 3 + z) / 4
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384
  return z + first / freedom + second / freedom ** 2 + third / freedom ** 3
}
