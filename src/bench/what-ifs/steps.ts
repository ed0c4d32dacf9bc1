import { mean, sampleStandardDeviation } from 'simple-statistics'

/** By how much a figure changes from one value of a cost to the next: the mean over seeds that both have in common, and its standard error. Relative to the figure. */
export type Step = { readonly mean: number; readonly error: number }

/** A change that is no smaller than the resolution of a histogram. */
const RESOLUTION = 0.002

/** `before`, `after`: a figure by seed. */
export function stepBetween(before: readonly number[], after: readonly number[]): Step {
  const size = (Math.abs(mean([...before])) + Math.abs(mean([...after]))) / 2
  if (size === 0) return { mean: 0, error: 0 }
  const changes = before.map((value, seed) => (after[seed]! - value) / size)
  return {
    mean: mean(changes),
    error: changes.length < 2 ? 0 : sampleStandardDeviation(changes) / Math.sqrt(changes.length),
  }
}

/** -1: the figure falls; 1: it rises; 0: by no more than the noise of so many seeds. */
export function directionOf({ mean: change, error }: Step, sigmas: number): -1 | 0 | 1 {
  if (Math.abs(change) <= Math.max(RESOLUTION, sigmas * error)) return 0
  return change < 0 ? -1 : 1
}

/** The least and the greatest value of a cost: between them the figure must not turn back. Undefined: it does not. */
export function turnOf(steps: readonly Step[], sigmas: number): readonly [up: Step, down: Step] | undefined {
  const up = steps.find((step) => directionOf(step, sigmas) > 0)
  const down = steps.find((step) => directionOf(step, sigmas) < 0)
  return up === undefined || down === undefined ? undefined : [up, down]
}
