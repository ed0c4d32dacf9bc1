/**
 * Probability that a standard normal value lies beyond `z` on either side. erfc by a Chebyshev fit (Numerical Recipes,
 * 6.2.2), whose relative error stays below 1.2e-7 far into the tail, where 1 minus a table would be 0.
 */
export function twoSidedTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + x / 2)
  const series = COEFFICIENTS.reduceRight((sum, coefficient) => sum * t + coefficient, 0)
  return Math.min(1, t * Math.exp(-x * x + series))
}

const COEFFICIENTS = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277,
]
