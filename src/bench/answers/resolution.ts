import { pairsOf, type Samples } from '../comparing/samples.ts'
import { evidenceOf, testedOf } from '../comparing/verdict.ts'
import { METRICS, type MetricName } from '../metrics.ts'
import type { Run, TrialRow } from '../result.ts'

/** As in `compareRuns`: for a single figure. */
const ALPHA = 0.05

/**
 * The smallest change of a measured figure that these trials would have shown, relative to the baseline. Null if the
 * trials are too few to show any, or if a trial gave 0, so that no ratio exists.
 */
export function smallestShown(baseline: Run, candidate: Run, metric: MetricName): number | null {
  const noise = baseline.noise?.[metric]
  const samples: Samples = {
    metric,
    base: valuesOf(baseline.trials, metric),
    head: valuesOf(candidate.trials, metric),
    pairs: pairsOf(baseline, candidate, metric),
    isExact: false,
    kind: METRICS[metric],
    noise: noise === undefined ? [] : [noise],
  }
  return testedOf(samples, evidenceOf(samples, ALPHA), ALPHA).detectable
}

const valuesOf = (trials: readonly TrialRow[], metric: MetricName) =>
  trials.flatMap(({ metrics }) => metrics[metric] ?? [])
