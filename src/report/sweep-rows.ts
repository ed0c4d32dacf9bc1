import { METRICS, type MetricName } from '../bench/metrics.ts'
import type { Run } from '../bench/result.ts'
import { ratioCell } from './cells.ts'
import { valueText } from './numbers.ts'
import { type Paint, PLAIN } from './tones.ts'

type Rows = { readonly header: readonly string[]; readonly rows: readonly (readonly string[])[] }

/** How much of a ratio there is room for, and how it is coloured. */
export type RatioStyle = { readonly ratio: 'with interval' | 'alone' | 'none'; readonly paint: Paint }
const WHOLE: RatioStyle = { ratio: 'with interval', paint: PLAIN.paint }

export const variantsIn = (groups: readonly (readonly Run[])[]): string[] => [
  ...new Set(groups.flatMap((runs) => runs.map(({ variant }) => variant))),
]

/** A figure of each load, variants across. Loads of one variant each, such as kernels, need no column for each of them. */
export function figureRows(
  groups: readonly (readonly Run[])[],
  metric: MetricName,
  { ratio, paint }: RatioStyle = WHOLE,
  variants = variantsIn(groups),
): Rows {
  const textOf = (run: Run | undefined) => {
    const value = run?.metrics[metric]?.median
    return value === undefined ? '-' : valueText(metric, value, METRICS[metric].unit)
  }
  if (variants.length > 1 && groups.every(({ length }) => length === 1)) {
    return { header: ['variant', 'figure'], rows: groups.map(([run]) => [run!.variant, textOf(run)]) }
  }
  const isPair = variants.length === 2 && ratio !== 'none'
  const ratioOf = ([baseline, candidate]: readonly Run[]) =>
    baseline === undefined || candidate === undefined
      ? ''
      : ratioCell(baseline, candidate, metric, paint, ratio === 'with interval')
  return {
    header: [...variants, ...(isPair ? ['ratio'] : [])],
    rows: groups.map((runs) => [
      ...variants.map((variant) => textOf(runs.find((run) => run.variant === variant))),
      ...(isPair ? [ratioOf(runs.filter(({ variant }) => variants.includes(variant)))] : []),
    ]),
  }
}
