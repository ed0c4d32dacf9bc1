/** Terms of the continued fraction after which it does not change: far more than it needs. */
const MOST_TERMS = 300
const SMALL = 1e-300

/**
 * Probability that Student's t with this many degrees of freedom lies beyond `t` on either side: the regularised incomplete beta
 * function I_x(freedom / 2, 1 / 2) at x = freedom / (freedom + t^2), by its continued fraction (Abramowitz and Stegun 26.5.8)
 * as Lentz evaluates it.
 */
export function studentTail(t: number, freedom: number): number {
  const x = freedom / (freedom + t * t)
  if (!(x > 0)) return 0
  if (x >= 1) return 1
  const [a, b] = [freedom / 2, 0.5]
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x))
  return x < (a + 1) / (a + b + 2) ? (front * fraction(a, b, x)) / a : 1 - (front * fraction(b, a, 1 - x)) / b
}

function fraction(a: number, b: number, x: number): number {
  let c = 1
  let d = 1 / away(1 - ((a + b) * x) / (a + 1))
  let value = d
  for (let m = 1; m <= MOST_TERMS; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / away(1 + even * d)
    c = away(1 + even / c)
    value *= c * d
    d = 1 / away(1 + odd * d)
    c = away(1 + odd / c)
    value *= c * d
    if (Math.abs(c * d - 1) < 1e-15) break
  }
  return value
}

const away = (value: number) => (Math.abs(value) < SMALL ? SMALL : value)

/** Lanczos's approximation with g = 7 and nine coefficients: accurate to 15 digits for positive values. */
function logGamma(x: number): number {
  const z = x - 1
  const series = LANCZOS.slice(1).reduce((sum, coefficient, at) => sum + coefficient / (z + at + 1), LANCZOS[0]!)
  const t = z + 7.5
  return Math.log(2 * Math.PI) / 2 + (z + 0.5) * Math.log(t) - t + Math.log(series)
}

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]
