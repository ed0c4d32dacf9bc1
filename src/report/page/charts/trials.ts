import { METRICS, type MetricName } from '../../../bench/metrics.ts'
import type { Run } from '../../../bench/result.ts'
import { inUnit } from '../../numbers.ts'
import type { Lines, Series, Table } from '../spec.ts'

/** Every trial as a dot in the order in which they ran, with the median and its interval: drift shows. */
export function trialChart(
  runs: readonly Run[],
  metric: MetricName,
  reads: string,
): { body: Lines; table: Table } | undefined {
  const drawn = runs.filter((run) => run.trials.some(({ metrics }) => metrics[metric] !== undefined))
  if (drawn.length === 0) return undefined
  const { unit } = METRICS[metric]
  const last = Math.max(2, ...drawn.flatMap(({ order }) => order.map((place) => place + 1)))
  return {
    body: {
      type: 'lines',
      x: { label: 'trial, in the order in which they ran', unit: '', scale: 'linear' },
      y: { label: reads, unit, scale: 'linear' },
      series: drawn.flatMap((run) => seriesOf(run, metric, last)),
    },
    table: {
      columns: ['trial', ...drawn.map(({ variant }) => variant)],
      rows: rowsOf(drawn, metric, unit),
    },
  }
}

function seriesOf(run: Run, metric: MetricName, last: number): Series[] {
  const points = placed(run, metric)
  const dots: Series = { name: run.variant, style: 'dots', points }
  const summary = run.metrics[metric]
  if (summary === undefined || summary.n < 2) return [dots]
  const { median, ci95 } = summary
  const whole: Series = {
    name: `${run.variant}, median`,
    of: run.variant,
    style: 'line',
    points: [
      [1, median],
      [last, median],
    ],
    band: [ci95, ci95],
  }
  return [dots, whole]
}

const placed = ({ trials, order }: Run, metric: MetricName): (readonly [number, number])[] =>
  trials
    .flatMap(({ metrics }, index): (readonly [number, number])[] => {
      const value = metrics[metric]
      return value === undefined ? [] : [[(order[index] ?? index) + 1, value]]
    })
    .toSorted(([a], [b]) => a - b)

function rowsOf(runs: readonly Run[], metric: MetricName, unit: string): string[][] {
  const places = [...new Set(runs.flatMap((run) => placed(run, metric).map(([place]) => place)))].sort((a, b) => a - b)
  return places.map((place) => [
    String(place),
    ...runs.map((run) => {
      const found = placed(run, metric).find(([at]) => at === place)
      return found === undefined ? '' : inUnit(found[1], unit)
    }),
  ])
}
