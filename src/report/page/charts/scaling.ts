import { METRICS, type MetricName } from '../../../bench/metrics.ts'
import type { Run } from '../../../bench/result.ts'
import { fitScalability, WORST_FIT } from '../../../bench/scalability.ts'
import { inUnit } from '../../numbers.ts'
import type { Lines, Series, Table } from '../spec.ts'

/** How far beyond its last point a fit is drawn. */
const BEYOND = 2

/** A metric over the number of vCPUs: what was got, one CPU times as many, and the scalability law through the points. */
export function scalingChart(runs: readonly Run[], metric: MetricName): { body: Lines; table: Table } | undefined {
  const variants = [...new Set(runs.map(({ variant }) => variant))]
  const curves = variants.map((variant) => ({ variant, points: pointsOf(runs, variant, metric) }))
  const sizes = [...new Set(curves.flatMap(({ points }) => points.map(([n]) => n)))].sort((a, b) => a - b)
  if (sizes.length < 2) return undefined
  const isRate = METRICS[metric].unit === '1/s'
  return {
    body: {
      type: 'lines',
      x: { label: 'vCPUs', unit: '', scale: 'log' },
      y: {
        label: metric,
        unit: METRICS[metric].unit,
        scale: curves.every(({ points }) => points.every(([, y]) => y > 0)) ? 'log' : 'linear',
      },
      series: [
        ...curves.flatMap(({ variant, points }) => [
          { name: variant, style: 'line' as const, points },
          { name: `${variant}, sizes tried`, of: variant, style: 'dots' as const, points },
          ...(isRate ? lawOf(variant, points) : []),
        ]),
        ...(isRate ? idealOf(curves[0]!.points) : []),
      ],
    },
    table: {
      columns: ['vCPUs', ...variants],
      rows: sizes.map((size) => [
        String(size),
        ...curves.map(({ points }) => {
          const found = points.find(([n]) => n === size)
          return found === undefined ? '-' : inUnit(found[1], METRICS[metric].unit)
        }),
      ]),
    },
  }
}

const pointsOf = (runs: readonly Run[], variant: string, metric: MetricName): (readonly [number, number])[] =>
  runs
    .flatMap((run): (readonly [number, number])[] => {
      const value = run.metrics[metric]?.median
      return run.variant === variant && value !== undefined ? [[Number(run.params.vcpus), value]] : []
    })
    .toSorted(([a], [b]) => a - b)

/** What one CPU got, times as many. */
function idealOf(points: Series['points']): Series[] {
  const [first] = points
  const last = points.at(-1)
  if (first === undefined || last === undefined || first[1] <= 0) return []
  return [{ name: 'ideal', style: 'dashed', points: [first, [last[0], (first[1] * last[0]) / first[0]]] }]
}

/** The universal scalability law through the points, if it describes them; beyond the last one it is extrapolated. */
function lawOf(variant: string, points: Series['points']): Series[] {
  const fit = fitScalability(points.map(([n, x]) => ({ n, x })))
  if (fit === undefined || fit.error > WORST_FIT) return []
  const { throughput, contention, coherency } = fit
  const at = (n: number) => (throughput * n) / (1 + contention * (n - 1) + coherency * n * (n - 1))
  const from = points[0]![0]
  const reach = (points.at(-1)![0] * BEYOND) / from
  const steps = Array.from({ length: 17 }, (_, step) => from * reach ** (step / 16))
  return [{ name: `${variant}, law`, of: variant, style: 'dashed', points: steps.map((n) => [n, at(n)]) }]
}
