import { probit } from 'simple-statistics'

/** Rank tests need this much more than a t test on normal values (asymptotic relative efficiency, Pitman). */
const RANK_COST = Math.PI / 3
/** How surely a difference of the size that is named would have been found. */
const POWER = 0.8

/**
 * The smallest ratio minus 1 that samples like these would have shown in four cases of five, at this alpha: what `~` is worth.
 * Computed on logarithms, where a change of the scale is a shift; undefined where there are none.
 */
export function detectableByTwo(a: readonly number[], b: readonly number[], alpha: number): number | undefined {
  if (a.length < 2 || b.length < 2) return undefined
  const spread = (squares(a) + squares(b)) / (a.length + b.length - 2)
  return growth(Math.sqrt(spread * (1 / a.length + 1 / b.length)), a.length + b.length - 2, alpha)
}

/** The same for pairs, of whose ratios the logarithms are given. */
export function detectableByPairs(ratios: readonly number[], alpha: number): number | undefined {
  if (ratios.length < 2) return undefined
  const spread = squares(ratios) / (ratios.length - 1)
  return growth(Math.sqrt(spread / ratios.length), ratios.length - 1, alpha)
}

function squares(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
}

function growth(error: number, freedom: number, alpha: number): number {
  const distance = student(probit(1 - alpha / 2), freedom) + student(probit(POWER), freedom)
  return Math.expm1(distance * error * Math.sqrt(RANK_COST))
}

/** Student's quantile from the normal one (Abramowitz and Stegun 26.7.5), three terms. */
function student(z: number, freedom: number): number {
  const first = (z ** 3 + z) / 4
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384
  return z + first / freedom + second / freedom ** 2 + third / freedom ** 3
}
