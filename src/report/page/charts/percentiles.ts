import { LATENCIES } from '../../../bench/derived/latencies.ts'
import type { HistogramSummary, Run } from '../../../bench/result.ts'
import { time } from '../../numbers.ts'
import { percentileCurve } from '../../percentile-curve.ts'
import type { Lines, Series, Table } from '../spec.ts'

/** Percentiles of a histogram in all runs, HDR style: the tail has as much room as the rest. */
export function percentileChart(runs: readonly Run[], histogram: string): { body: Lines; table: Table } | undefined {
  const drawn = runs.filter((run) => (run.histograms[histogram]?.count ?? 0) > 0)
  if (drawn.length === 0) return undefined
  const series = drawn.flatMap((run) => seriesOf(run, run.histograms[histogram]!, histogram))
  return {
    body: {
      type: 'lines',
      x: { label: 'percentile', unit: '', scale: 'tail' },
      y: { label: 'latency', unit: 'ns', scale: 'log' },
      series,
    },
    table: tableOf(drawn, histogram),
  }
}

function seriesOf(run: Run, summary: HistogramSummary, histogram: string): Series[] {
  const intervals = LATENCIES.filter((each) => each.histogram === histogram && each.percentile < 100).flatMap(
    ({ metric, percentile }) => {
      const found = run.metrics[metric]
      return found === undefined || found.n < 2 ? [] : [{ x: tail(percentile), ...found }]
    },
  )
  const curve: Series = { name: run.variant, style: 'line', points: percentileCurve(summary) }
  if (intervals.length === 0) return [curve]
  return [
    curve,
    {
      name: `${run.variant}, median of trials`,
      of: run.variant,
      style: 'dots',
      points: intervals.map(({ x, median }) => [x, Math.max(1, median)]),
      band: intervals.map(({ ci95: [low, high] }) => [Math.max(1, low), Math.max(1, high)]),
    },
  ]
}

const tail = (percentile: number) => 1 / (1 - percentile / 100)

function tableOf(runs: readonly Run[], histogram: string): Table {
  const text = (value: number | null) => (value === null ? '-' : time(value))
  return {
    columns: ['variant', 'samples', 'min', 'p50', 'p90', 'p99', 'p99.9', 'max'],
    rows: runs.map(({ variant, histograms }) => {
      const { count, min, p50, p90, p99, p999, max } = histograms[histogram]!
      return [variant, String(count), ...[min, p50, p90, p99, p999, max].map(text)]
    }),
  }
}
