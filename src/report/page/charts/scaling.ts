import { METRICS, type MetricName } from '../../../bench/metrics.ts'
import type { Run } from '../../../bench/result.ts'
import { fitScalability, WORST_FIT } from '../../../bench/scalability.ts'
import type { Decision } from '../../../bench/scenario.ts'
import { inUnit } from '../../numbers.ts'
import { valueAt } from '../../sweep-axes.ts'
import type { Lines, Series, Table } from '../spec.ts'

/** How far a fit is drawn beyond its last point, as a factor. */
const BEYOND = 2

/** The parameters of a sweep: the one along the axis, and those that distinguish the curves. */
export type Swept = { readonly along: string; readonly beside: readonly string[] }

/** A metric over a parameter; over the number of vCPUs also one CPU times as many, and the scalability law. */
export function scalingChart(
  runs: readonly Run[],
  { metric, reads }: Pick<Decision, 'metric' | 'reads'>,
  { along, beside }: Swept,
): { body: Lines; table: Table; left: number } | undefined {
  const nameOf = (run: Run) => [run.variant, ...beside.map((name) => `${name} ${valueAt(run, name)}`)].join(', ')
  const byName = new Map<string, Run[]>()
  for (const run of runs) {
    const name = nameOf(run)
    const own = byName.get(name)
    if (own === undefined) byName.set(name, [run])
    else own.push(run)
  }
  const chosen = evenly([...byName], runs)
  const curves = chosen.map(([variant, own]) => ({ variant, points: pointsOf(own, along, metric) }))
  const sizes = [...new Set(curves.flatMap(({ points }) => points.map(([n]) => n)))].sort((a, b) => a - b)
  if (sizes.length < 2) return undefined
  const isRate = METRICS[metric].unit === '1/s' && along === 'vcpus'
  return {
    body: {
      type: 'lines',
      x: { label: along === 'vcpus' ? 'vCPUs' : along, unit: '', scale: sizes[0]! > 0 ? 'log' : 'linear' },
      y: {
        label: reads,
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
    left: byName.size - chosen.length,
    table: {
      columns: [along, ...curves.map(({ variant }) => variant)],
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

/** More curves than this cannot be distinguished. */
const MOST_CURVES = 16

/** A selection of many curves: evenly spaced, the same ones for each variant, with the first and the last. */
function evenly<T extends readonly [string, readonly Run[]]>(curves: readonly T[], runs: readonly Run[]): readonly T[] {
  if (curves.length <= MOST_CURVES) return curves
  const variants = [...new Set(runs.map(({ variant }) => variant))]
  const most = Math.max(2, Math.floor(MOST_CURVES / variants.length))
  return variants.flatMap((variant) => {
    const own = curves.filter(([, [run]]) => run!.variant === variant)
    if (own.length <= most) return own
    return Array.from({ length: most }, (_, at) => own[Math.round((at * (own.length - 1)) / (most - 1))]!)
  })
}

const pointsOf = (runs: readonly Run[], along: string, metric: MetricName): (readonly [number, number])[] =>
  runs
    .flatMap((run): (readonly [number, number])[] => {
      const value = run.metrics[metric]?.median
      return value === undefined ? [] : [[Number(valueAt(run, along)), value]]
    })
    .toSorted(([a], [b]) => a - b)

/** The ideal: the value of one CPU times the number of CPUs. */
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
