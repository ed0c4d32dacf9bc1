import type { Random } from '../../workers/random.ts'
import { CORRELATIONS, likelihoodsOf } from '../significance/autocorrelated.ts'
import { bestLevels } from '../significance/over-time.ts'

/**
 * The exponent of a prior that favours large correlations: a power of 1 / (1 - correlation). The best of all splits
 * removes a part of the correlation of neighbours, so without this prior flat series with a correlation of 0.8 show a
 * change in 5 of 100 cases at an alpha of 0.01.
 */
const CAUTION = 2
/** Fewer values are no level. */
export const SHORTEST = 4

/** The log likelihood ratio of two levels above which a split of one side is no autocorrelation. */
const PLAIN = 20

/** The sides of a split, and of each side the levels that are plain. */
export const stretchesOf = (values: readonly number[], at: number): (readonly number[])[] =>
  [values.slice(0, at), values.slice(at)].flatMap(levelsOf)

/** The residuals of values if each stretch has its own level. */
export function residuals(stretches: readonly (readonly number[])[]): number[] {
  return stretches.flatMap((stretch) => {
    const mean = stretch.reduce((sum, value) => sum + value, 0) / stretch.length
    return stretch.map((value) => value - mean)
  })
}

export function levelsOf(values: readonly number[]): (readonly number[])[] {
  const { at, gain } = bestLevels(values)
  if (gain <= PLAIN || at < SHORTEST || values.length - at < SHORTEST) return [values]
  return [values.slice(0, at), values.slice(at)].flatMap(levelsOf)
}

/**
 * Creates comparable series without a change: a first-order autocorrelation, drawn by its likelihood given the two
 * stretches of the series, around the residuals in another order (a sieve bootstrap, Buehlmann 1997).
 */
export function flatSeries(
  values: readonly number[],
  at: number,
  others: readonly (readonly number[])[],
  random: Random,
): () => Float64Array {
  const stretches = stretchesOf(values, at)
  const draw = drawOf([...stretches, ...others], random)
  const left = residuals(stretches)
  return () => {
    const correlation = draw()
    const start = Math.sqrt(1 - correlation * correlation)
    const steps = Float64Array.from(left, (value, index) => {
      return index === 0 ? value * start : value - correlation * left[index - 1]!
    })
    shuffle(steps, random)
    let value = steps[0]! / start
    for (let index = 1; index < steps.length; index += 1) {
      const step = steps[index]!
      steps[index - 1] = value
      value = correlation * value + step
    }
    steps[steps.length - 1] = value
    return steps
  }
}

function drawOf(sides: readonly (readonly number[])[], random: Random): () => number {
  const logs = likelihoodsOf(sides).map(
    (likelihood, index) => likelihood - CAUTION * Math.log(1 - CORRELATIONS[index]!),
  )
  const best = Math.max(...logs)
  const weights = logs.map((log) => Math.exp(log - best))
  const whole = weights.reduce((sum, weight) => sum + weight, 0)
  return () => {
    let rest = ((random.next() + 0.5) / 2 ** 32) * whole
    const index = weights.findIndex((weight) => {
      rest -= weight
      return rest <= 0
    })
    return CORRELATIONS[index < 0 ? CORRELATIONS.length - 1 : index]!
  }
}

function shuffle(values: Float64Array, random: Random): void {
  for (let last = values.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1)
    const kept = values[last]!
    values[last] = values[other]!
    values[other] = kept
  }
}
