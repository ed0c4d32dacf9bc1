import type { Run, TrialRow } from './result.ts'
import { pairedRatio, type Ratio } from './statistics.ts'

/** How a metric of one run stands to the same metric of another that was interleaved with it. */
export type Comparison = Ratio & {
  /** The interval excludes 1, and the ratio lies outside of what the baseline differs from itself. */
  readonly exceedsNoise: boolean
}

/** Pairs the trials of one round with each other. */
export function compareRuns(baseline: Run, candidate: Run, metric: string): Comparison | undefined {
  const ratio = pairedRatio(valuesOf(baseline.trials, metric), valuesOf(candidate.trials, metric))
  if (ratio === undefined) return undefined
  const noise = baseline.noise?.[metric]
  const isInsideNoise = noise !== undefined && ratio.ratio >= noise.ci95[0] && ratio.ratio <= noise.ci95[1]
  return { ...ratio, exceedsNoise: ratio.isResolved && !isInsideNoise }
}

const valuesOf = (trials: readonly TrialRow[], metric: string): number[] =>
  trials.flatMap((trial) => trial.metrics[metric] ?? [])
