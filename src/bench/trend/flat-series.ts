import type { Random } from '../../workers/random.ts'
import { CORRELATIONS, likelihoodsOf } from '../significance/autocorrelated.ts'
import { bestLevels } from '../significance/over-time.ts'

/**
 * How much likelier a correlation is taken to be the larger it is, as a power of 1 / (1 - correlation). The best of all splits
 * takes from a series what its neighbours had in common, so without this flat series of 0.8 show a change in 5 of 100 cases at an
 * alpha of 0.01.
 */
const CAUTION = 2
/** Fewer values are no level. */
export const SHORTEST = 4

/** As much likelier, in logarithms, two levels must be on one side of the split: what is as plain is no autocorrelation. */
const PLAIN = 20

/** The sides of a split, and of each side the levels that are plain. */
export const stretchesOf = (values: readonly number[], at: number): (readonly number[])[] =>
  [values.slice(0, at), values.slice(at)].flatMap(levelsOf)

/** What is left of values if each stretch has a level of its own. */
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
 * Makes series without a change that are otherwise like this one: a first-order autocorrelation, drawn by how likely the two
 * stretches of the whole series make it, around what is left of the values, in another order (a sieve bootstrap, Buehlmann 1997).
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
