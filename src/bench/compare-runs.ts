import type { Run, TrialRow } from './result.ts'
import { pairedRatio, type Ratio } from './statistics.ts'

/** How a metric of one run stands to the same metric of another that was interleaved with it. */
export type Comparison = Ratio & {
  /** The interval excludes 1, and the ratio lies outside of what the baseline differs from itself. */
  readonly exceedsNoise: boolean
}

/** Pairs the trials of one round with each other. */
export function compareRuns(baseline: Run, candidate: Run, metric: string): Comparison | undefined {
  if (baseline.kind === 'modelled') return compareModelled(baseline, candidate, metric)
  const ratio = pairedRatio(valuesOf(baseline.trials, metric), valuesOf(candidate.trials, metric))
  if (ratio === undefined) return undefined
  const noise = baseline.noise?.[metric]
  const isInsideNoise = noise !== undefined && ratio.ratio >= noise.ci95[0] && ratio.ratio <= noise.ci95[1]
  return { ...ratio, exceedsNoise: ratio.isResolved && !isInsideNoise }
}

/**
 * Modelled figures differ if they are not equal. The interval is that of the draws: whether another machine like this one
 * would say the same, as far as its parameters are known.
 */
function compareModelled(baseline: Run, candidate: Run, metric: string): Comparison | undefined {
  const before = baseline.metrics[metric]?.median
  const after = candidate.metrics[metric]?.median
  if (before === undefined || after === undefined || before === 0) return undefined
  const ratio = after / before
  const ratios = [ratio, ...ratiosOfDraws(baseline, candidate, metric)].sort((a, b) => a - b)
  const ci95 = [ratios[0]!, ratios.at(-1)!] as const
  const isResolved = ratio !== 1 && (ci95[0] > 1 || ci95[1] < 1)
  return { ratio, ci95, pairs: ratios.length, isResolved, exceedsNoise: isResolved }
}

function ratiosOfDraws(baseline: Run, candidate: Run, metric: string): number[] {
  const others = candidate.model?.draws ?? []
  return (baseline.model?.draws ?? []).flatMap((draw, index) => {
    const ratio = (others[index]?.[metric] ?? Number.NaN) / (draw[metric] ?? Number.NaN)
    return Number.isFinite(ratio) ? [ratio] : []
  })
}

const valuesOf = (trials: readonly TrialRow[], metric: string): number[] =>
  trials.flatMap((trial) => trial.metrics[metric] ?? [])
