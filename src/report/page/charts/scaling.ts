import { METRICS, type MetricName } from '../../../bench/metrics.ts'
import type { Run } from '../../../bench/result.ts'
import { fitScalability } from '../../../bench/scalability.ts'
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
      series: curves.flatMap(({ variant, points }) => [
        { name: variant, style: 'line' as const, points },
        ...(isRate ? lawsOf(variant, points) : []),
      ]),
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

/** The ideal line, and the universal scalability law, both dashed; beyond the last point the law is extrapolated. */
function lawsOf(variant: string, points: Series['points']): Series[] {
  const [first] = points
  if (first === undefined || first[1] <= 0) return []
  const last = points.at(-1)![0]
  const ideal: Series = {
    name: `${variant}, ideal`,
    of: `${variant}, ideal`,
    style: 'dashed',
    points: [first, [last, (first[1] * last) / first[0]]],
  }
  const fit = fitScalability(points.map(([n, x]) => ({ n, x })))
  if (fit === undefined) return [ideal]
  const { throughput, contention, coherency } = fit
  const at = (n: number) => (throughput * n) / (1 + contention * (n - 1) + coherency * n * (n - 1))
  const steps = Array.from({ length: 9 }, (_, step) => last * BEYOND ** (step / 8))
  const law: Series = {
    name: `${variant}, extrapolated`,
    of: variant,
    style: 'dashed',
    points: steps.map((n) => [n, at(n)]),
  }
  return [ideal, law]
}
