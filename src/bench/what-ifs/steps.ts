import { mean, sampleStandardDeviation } from 'simple-statistics'

/** How a figure changes from one value of a cost to the next, relative to the figure: mean over the seeds, and its standard error. */
export type Step = { readonly mean: number; readonly error: number; readonly seeds: number }

/** A smaller change is within the resolution of a histogram. */
const RESOLUTION = 0.002

/** Student's t by degrees of freedom: chance exceeds so many standard errors once in ten thousand times. */
const ONCE_IN_TEN_THOUSAND: readonly (readonly [freedom: number, errors: number])[] = [
  [127, 4.02],
  [63, 4.15],
  [31, 4.46],
  [23, 4.69],
  [15, 5.24],
  [11, 5.92],
  [9, 6.59],
  [7, 7.88],
  [5, 11.18],
  [3, 28],
]

/** `before`, `after`: a figure by seed. */
export function stepBetween(before: readonly number[], after: readonly number[]): Step {
  const seeds = before.length
  const size = (Math.abs(mean([...before])) + Math.abs(mean([...after]))) / 2
  if (size === 0) return { mean: 0, error: 0, seeds }
  const changes = before.map((value, seed) => (after[seed]! - value) / size)
  const error = seeds < 2 ? 0 : sampleStandardDeviation(changes) / Math.sqrt(seeds)
  return { mean: mean(changes), error, seeds }
}

/** The least change that is more than chance. Fewer than four seeds tell nothing. */
export function boundOf({ error, seeds }: Step): number {
  const errors = ONCE_IN_TEN_THOUSAND.find(([freedom]) => seeds > freedom)?.[1] ?? Number.POSITIVE_INFINITY
  return Math.max(RESOLUTION, error === 0 ? 0 : errors * error)
}

/** -1: the figure falls; 1: it rises; 0: by no more than chance. */
export function directionOf(step: Step): -1 | 0 | 1 {
  if (Math.abs(step.mean) <= boundOf(step)) return 0
  return step.mean < 0 ? -1 : 1
}

/** Whether the figure rises and falls on the way from the least value to the greatest. */
export function turns(steps: readonly Step[]): boolean {
  const directions = steps.map(directionOf)
  return directions.includes(1) && directions.includes(-1)
}
