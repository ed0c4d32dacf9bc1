import { METRICS, type MetricName } from '../bench/metrics.ts'
import type { Run } from '../bench/result.ts'
import { leftColumns, valueText } from './numbers.ts'
import { spark } from './spark.ts'
import { alongOf, linesAlong, valueAt } from './sweep-axes.ts'

type Groups = readonly (readonly Run[])[]

/** Curves beyond which each variant has a line that says where its figure is highest. */
const MOST_CURVES = 12

const ROLES: readonly string[] = ['vcpus', 'notifiers', 'zappers']

const roleText = (count: string | number, name: string) =>
  `${count} ${String(count) === '1' ? name.slice(0, -1) : name}`

/** `16 vcpus, pause-us 100`. */
export const loadText = (run: Run, varied: readonly string[]) =>
  varied
    .map((name) => (ROLES.includes(name) ? roleText(valueAt(run, name), name) : `${name} ${valueAt(run, name)}`))
    .join(', ')

/** The trend of each variant along the parameter with an order, a curve for each value of the others; for names only the highest value. */
export function trendLines(
  groups: Groups,
  variants: readonly string[],
  metric: MetricName,
  varied: readonly string[],
  width?: number,
): string {
  const along = alongOf(groups, varied)
  const lines = along === undefined ? [] : linesAlong(groups, varied, along)
  // Loads of one variant each, such as kernels, are one series.
  const series = groups.every(({ length }) => length === 1) ? [undefined] : variants
  const isDrawn = along !== undefined && lines.length * series.length <= MOST_CURVES
  const rows = series.flatMap((variant) => {
    const all = figuresOf(groups, variant, metric)
    const name = variant ?? (variants.length === 1 ? variants[0]! : 'all')
    if (all.length === 0) return [[name, 'no figures']]
    if (!isDrawn) return [[name, highestText(all, metric, varied)]]
    const ends = [Math.min(...all.map(({ value }) => value)), Math.max(...all.map(({ value }) => value))] as const
    return lines.flatMap((line) => {
      const own = figuresOf(line.groups, variant, metric)
      if (own.length === 0) return []
      const curve = spark(
        own.map(({ value }) => value),
        ...ends,
      )
      return [[[name, line.of].filter((part) => part !== '').join(', '), curve, peakText(own, metric, along)]]
    })
  })
  return leftColumns(rows, width)
}

type Figure = { readonly run: Run; readonly value: number }

const figuresOf = (groups: Groups, variant: string | undefined, metric: MetricName): Figure[] =>
  groups.flatMap((group) =>
    group.flatMap((run): Figure[] => {
      const isOwn = variant === undefined || run.variant === variant
      const value = isOwn ? run.metrics[metric]?.median : undefined
      return value === undefined ? [] : [{ run, value }]
    }),
  )

const highestOf = (figures: readonly Figure[]) =>
  figures.reduce((best, each) => (each.value > best.value ? each : best))
const textOf = ({ value }: Figure, metric: MetricName) => valueText(metric, value, METRICS[metric].unit)
const isFlat = (figures: readonly Figure[]) => figures.every(({ value }) => value === figures[0]!.value)

/** `448k at 16 vcpus, the peak of the loads tried`. */
function peakText(figures: readonly Figure[], metric: MetricName, along: string): string {
  const highest = highestOf(figures)
  const text = textOf(highest, metric)
  const at = loadText(highest.run, [along])
  if (figures.length === 1) return `${text} at ${at}, the only load with this figure`
  if (isFlat(figures)) return `${text} at every load`
  return `${text} at ${at}, ${highest === figures.at(-1) ? 'and still rising' : 'the peak of the loads tried'}`
}

function highestText(figures: readonly Figure[], metric: MetricName, varied: readonly string[]): string {
  const highest = highestOf(figures)
  if (figures.length > 1 && isFlat(figures)) return `${textOf(highest, metric)} at every load`
  return `${textOf(highest, metric)} at ${loadText(highest.run, varied)}, the highest of the loads tried`
}
