import { LATENCIES } from '../bench/derived/latencies.ts'
import type { Run } from '../bench/result.ts'
import type { Scenario } from '../bench/scenario.ts'
import { leftColumns, time } from './numbers.ts'
import { percentileCurve, percentileName } from './percentile-curve.ts'
import { spark } from './spark.ts'

/** Samples below which a curve has no tail to show. */
const FEWEST = 100
const DEFAULT = 'fault_latency_ns'

/**
 * The latency that decides, by percentile, a curve for each variant. All have one scale, which is logarithmic, and end where the one
 * with the fewest samples does.
 */
export function latencyLines(runs: readonly Run[], scenario: Scenario | undefined): string[] {
  const name = histogramOf(runs, scenario)
  if (name === undefined) return []
  const curves = runs.flatMap(({ variant, histograms }) => {
    const summary = histograms[name]
    return summary === undefined || summary.count < FEWEST ? [] : [{ variant, points: percentileCurve(summary) }]
  })
  if (curves.length === 0) return []
  const length = Math.min(...curves.map(({ points }) => points.length))
  const drawn = curves.map(({ variant, points }) => ({ variant, values: points.slice(0, length).map(([, ns]) => ns) }))
  const all = drawn.flatMap(({ values }) => values).map(Math.log)
  const [low, high] = [Math.min(...all), Math.max(...all)]
  const label = name.replace(/_ns$/, '').replaceAll('_', ' ')
  const last = curves[0]!.points[length - 1]![0]
  return [
    `${label} by percentile, p0 to ${percentileName(last)}, the tail as wide as the rest; heights are logarithms:`,
    ...leftColumns(
      drawn.map(({ variant, values }) => [
        variant,
        spark(values.map(Math.log), low, high),
        `${time(values[0]!)} to ${time(values.at(-1)!)}`,
      ]),
    ).split('\n'),
  ]
}

/** The first deciding figure that is a latency; if there is none, the latency of faults. */
function histogramOf(runs: readonly Run[], scenario: Scenario | undefined): string | undefined {
  const isThere = (name: string) => runs.some(({ histograms }) => (histograms[name]?.count ?? 0) >= FEWEST)
  const deciding = (scenario?.decides ?? []).flatMap(({ metric }) =>
    LATENCIES.filter((each) => each.metric === metric).map(({ histogram }) => histogram as string),
  )
  return [...deciding, DEFAULT].find(isThere)
}
