import { median } from '../statistics.ts'
import { changePoints } from './e-divisive.ts'
import type { Entry, PastRun } from './history.ts'

/** One metric of one run over the entries that have it, in order of time. */
export type Series = {
  readonly run: Pick<PastRun, 'scenario' | 'variant' | 'machine' | 'kind' | 'params'>
  readonly metric: string
  readonly unit: string
  readonly better: 'higher' | 'lower' | null
  readonly isExact: boolean
  /** Which host, for measured figures: another one would be a change of its own. */
  readonly host: string | null
  readonly points: readonly { readonly entry: Entry; readonly value: number }[]
}

export type Shift = {
  /** The first point of the new level. */
  readonly at: number
  /** Medians of the levels before and after. */
  readonly before: number
  readonly after: number
  /** Null for exact figures. */
  readonly p: number | null
  readonly verdict: 'better' | 'worse' | 'changed'
}

/** Splits a history into series, in the order of the entries' times. */
export function seriesOf(entries: readonly Entry[]): Series[] {
  const all = new Map<string, Series & { points: Series['points'][number][] }>()
  for (const entry of entries.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1))) {
    for (const run of entry.runs) {
      for (const [metric, { unit, better, assume, median: value }] of Object.entries(run.metrics)) {
        const { scenario, variant, machine, kind, params } = run
        const isExact = kind === 'modelled' || assume === 'exact'
        const host = isExact ? null : Object.values(entry.host).join(', ')
        const profile = run.model?.profileHash ?? null
        const key = JSON.stringify([scenario, variant, machine, kind, params, metric, host, profile])
        const about = { run: { scenario, variant, machine, kind, params }, metric, unit, better, isExact, host }
        const series = all.get(key) ?? { ...about, points: [] }
        series.points.push({ entry, value })
        all.set(key, series)
      }
    }
  }
  return [...all.values()]
}

/** Where a series changed its level: exact figures wherever they differ, others where chance is no explanation. */
export function shiftsOf(series: Series, alpha: number): Shift[] {
  const values = series.points.map(({ value }) => value)
  const points = series.isExact
    ? values.flatMap((value, at) => (at > 0 && value !== values[at - 1] ? [{ at, p: null }] : []))
    : changePoints(values, alpha)
  return points.map(({ at, p }, index) => {
    const before = median(values.slice(points[index - 1]?.at ?? 0, at))
    const after = median(values.slice(at, points[index + 1]?.at ?? values.length))
    const isBetter = after > before === (series.better === 'higher')
    const verdict = series.better === null || after === before ? 'changed' : isBetter ? 'better' : 'worse'
    return { at, before, after, p, verdict }
  })
}
