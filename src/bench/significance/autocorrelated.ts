import { studentTail } from './student.ts'

/** The autocorrelations considered: the share of a trial's deviation that the next one inherits, from none to nearly all. */
export const CORRELATIONS = Array.from({ length: 20 }, (_, step) => step / 20)

/** The difference of two levels, for any correlation of neighbours. */
export type Level = {
  /** Two-sided p of there being no difference. */
  readonly p: number
  /** Standard error of the difference, at the correlation that these values make likeliest. */
  readonly error: number
  readonly correlation: number
  readonly freedom: number
}

/**
 * Do two stretches of time differ in their level, if neighbours are correlated? A t test by generalised least squares for each first-order
 * autocorrelation (Prais and Winsten 1954), averaged by the likelihood of each given these values (Zellner and Tiao 1964, with a prior from
 * 0 to 0.95 proportional to 1 minus the correlation). With few trials nearly any correlation is possible, and the answer reflects that.
 */
export function levelsDiffer(a: readonly number[], b: readonly number[]): Level {
  const freedom = a.length + b.length - 2
  if (freedom < 1) return { p: 1, error: 0, correlation: 0, freedom }
  const [one, other] = [sumsOf(a), sumsOf(b)]
  const likelihoods = likelihoodsOf([a, b])
  const fits = CORRELATIONS.map((correlation, at) => {
    return fitAt(correlation, likelihoods[at]! + Math.log(1 - correlation), one, other, freedom)
  })
  const best = fits.reduce((so, fit) => (fit.likelihood > so.likelihood ? fit : so))
  if (!(best.error > 0)) {
    const isSame = one.mean === other.mean
    return { p: isSame ? 1 : 0, error: 0, correlation: 0, freedom }
  }
  let [weight, sum] = [0, 0]
  for (const { likelihood, t } of fits) {
    const part = Math.exp(likelihood - best.likelihood)
    weight += part
    sum += part * studentTail(t, freedom)
  }
  return { p: sum / weight, error: best.error, correlation: best.correlation, freedom }
}

/** The sums that a fit of a stretch needs: of its deviations from its mean. */
type Sums = {
  readonly n: number
  readonly mean: number
  readonly first: number
  readonly last: number
  readonly squares: number
  readonly neighbours: number
}

function sumsOf(values: readonly number[]): Sums {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const own = values.map((value) => value - mean)
  const squares = own.reduce((sum, value) => sum + value * value, 0)
  const neighbours = own.reduce((sum, value, at) => (at === 0 ? 0 : sum + value * own[at - 1]!), 0)
  return { n: values.length, mean, first: own[0]!, last: own.at(-1)!, squares, neighbours }
}

type Fit = {
  readonly correlation: number
  readonly likelihood: number
  readonly t: number
  readonly error: number
}

function fitAt(correlation: number, likelihood: number, a: Sums, b: Sums, freedom: number): Fit {
  const [one, other] = [whitened(correlation, a), whitened(correlation, b)]
  const error = Math.sqrt(((one.rest + other.rest) / freedom) * (1 / one.weight + 1 / other.weight))
  const difference = b.mean + other.shift - a.mean - one.shift
  return { correlation, likelihood, t: error > 0 ? difference / error : Number.POSITIVE_INFINITY, error }
}

/** Least squares of a constant, after removing from each value the share inherited from the one before. */
function whitened(correlation: number, { n, first, last, squares, neighbours }: Sums) {
  const [start, step] = [1 - correlation * correlation, 1 - correlation]
  const weight = start + (n - 1) * step * step
  const product = start * first + step * (-first + correlation * last)
  const own =
    start * first * first +
    (squares - first * first) -
    2 * correlation * neighbours +
    correlation * correlation * (squares - last * last)
  return { weight, shift: product / weight, rest: Math.max(0, own - (product * product) / weight) }
}

/** The log likelihood of each correlation, if each of these stretches has its own level. */
export function likelihoodsOf(stretches: readonly (readonly number[])[]): number[] {
  const sums = stretches.map(sumsOf)
  const freedom = sums.reduce((total, { n }) => total + n, 0) - sums.length
  return CORRELATIONS.map((correlation) => {
    const parts = sums.map((one) => whitened(correlation, one))
    const rest = parts.reduce((total, part) => total + part.rest, 0)
    const weights = parts.reduce((total, { weight }) => total + Math.log(weight), 0)
    const starts = (sums.length / 2) * Math.log(1 - correlation * correlation)
    return starts - weights / 2 - (freedom / 2) * Math.log(Math.max(rest, Number.MIN_VALUE))
  })
}
