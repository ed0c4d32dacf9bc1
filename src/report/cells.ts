import { type Comparison, compareRuns } from '../bench/compare-runs.ts'
import type { Run } from '../bench/result.ts'
import { wrapped } from './fit.ts'
import { ratioText, valueText } from './numbers.ts'
import type { Paint } from './tones.ts'

/** A figure and its interval, if it has one. */
export function cells(name: string, { metrics }: Run): [string, string] {
  const metric = metrics[name]
  if (metric === undefined) return ['-', '']
  const text = (value: number) => valueText(name, value, metric.unit)
  const [low, high] = metric.ci95.map(text)
  return [text(metric.median), low === high ? '' : `[${low}, ${high}]`]
}

/** `=` where modelled figures are equal; `~` where the difference may be chance, or is no larger than that of the baseline to itself. */
export function ratioCell(baseline: Run, candidate: Run, metric: string, paint: Paint, hasInterval: boolean): string {
  const comparison = compareRuns(baseline, candidate, metric)
  if (comparison === undefined) return ''
  if (isEqual(baseline, comparison)) return '='
  if (!comparison.exceedsNoise) return paint('~', 'doubtful')
  const { ratio, ci95 } = comparison
  const text = ratioText(ratio, hasInterval ? ci95 : [ratio, ratio])
  const better = baseline.metrics[metric]!.better
  // A ratio that reads as no change has no colour.
  if (better === null || text.startsWith('1.00x')) return text
  return paint(text, ratio > 1 === (better === 'higher') ? 'better' : 'worse')
}

const isEqual = ({ kind }: Run, { ci95 }: Comparison) => kind === 'modelled' && ci95[0] === 1 && ci95[1] === 1

const LEGEND = {
  '~': 'not resolved, or within the A/A noise of the baseline',
  '=': 'equal',
  '0x': 'none left: the baseline has some',
  empty: 'no ratio: the baseline has none',
  '-': 'not measured, or fewer samples than the figure needs: p99 needs 1,000 and p99.9 needs 10,000',
} as const

type Mark = keyof typeof LEGEND

/** Explains the marks that occur in a table. */
export function legendText(
  groups: readonly (readonly Run[])[],
  metrics: readonly string[],
  width: number | undefined,
): string {
  const used = new Set(groups.flatMap((runs) => metrics.flatMap((metric) => marksOf(runs, metric))))
  const marks = (Object.keys(LEGEND) as Mark[]).filter((mark) => used.has(mark))
  const wide = Math.max(...marks.map(({ length }) => length))
  return marks
    .map((mark) => `${mark.padEnd(wide)}  ${LEGEND[mark]}`)
    .map((line) => wrapped(line, width ?? Number.POSITIVE_INFINITY, wide + 2).join('\n'))
    .join('\n')
}

function marksOf(runs: readonly Run[], metric: string): Mark[] {
  if (runs.some((run) => run.metrics[metric] === undefined)) return ['-']
  const [baseline, candidate, ...others] = runs
  if (baseline === undefined || candidate === undefined || others.length > 0) return []
  const comparison = compareRuns(baseline, candidate, metric)
  if (comparison === undefined) return ['empty']
  if (isEqual(baseline, comparison)) return ['=']
  if (!comparison.exceedsNoise) return ['~']
  return comparison.ratio === 0 ? ['0x'] : []
}
