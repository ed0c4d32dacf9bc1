import { compareRuns } from '../bench/compare-runs.ts'
import { METRICS, type MetricName } from '../bench/metrics.ts'
import type { Run } from '../bench/result.ts'
import { ratioText, valueText } from './numbers.ts'

type Rows = { readonly header: readonly string[]; readonly rows: readonly (readonly string[])[] }

/** A figure of each load, variants across. Loads of one variant each, such as kernels, need no column for each of them. */
export function figureRows(groups: readonly (readonly Run[])[], metric: MetricName): Rows {
  const variants = [...new Set(groups.flatMap((runs) => runs.map(({ variant }) => variant)))]
  const textOf = (run: Run | undefined) => {
    const value = run?.metrics[metric]?.median
    return value === undefined ? '-' : valueText(metric, value, METRICS[metric].unit)
  }
  if (variants.length > 1 && groups.every(({ length }) => length === 1)) {
    return { header: ['variant', 'figure'], rows: groups.map(([run]) => [run!.variant, textOf(run)]) }
  }
  const isPair = variants.length === 2
  return {
    header: [...variants, ...(isPair ? ['ratio'] : [])],
    rows: groups.map((runs) => [
      ...variants.map((variant) => textOf(runs.find((run) => run.variant === variant))),
      ...(isPair ? [ratioOf(runs, metric)] : []),
    ]),
  }
}

function ratioOf([baseline, candidate]: readonly Run[], metric: MetricName): string {
  const comparison =
    baseline === undefined || candidate === undefined ? undefined : compareRuns(baseline, candidate, metric)
  if (comparison === undefined) return ''
  return comparison.exceedsNoise ? ratioText(comparison.ratio, comparison.ci95) : '~'
}
