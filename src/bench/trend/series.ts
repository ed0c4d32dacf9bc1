import { SCENARIOS } from '../scenarios/all.ts'
import { median } from '../statistics.ts'
import { changePoints } from './e-divisive.ts'
import type { Entry, PastRun } from './history.ts'

/** One metric of one run over the entries that have it, in order of time. */
export type Series = {
  /** The run as the newest entry describes it. */
  readonly run: Pick<PastRun, 'scenario' | 'variant' | 'machine' | 'kind' | 'params'>
  readonly metric: string
  readonly unit: string
  readonly better: 'higher' | 'lower' | null
  readonly isExact: boolean
  /** The host of measured figures; a change of host starts a new series. */
  readonly host: string | null
  readonly points: readonly { readonly entry: Entry; readonly value: number }[]
  /** Parameters that were added or removed, and with which entry; the series continues. */
  readonly joined: readonly { readonly since: Entry; readonly names: readonly string[] }[]
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

type Growing = Series & {
  run: Series['run']
  points: Series['points'][number][]
  joined: Series['joined'][number][]
}

/** Splits a history into series, in the order of the entries' times. */
export function seriesOf(entries: readonly Entry[]): Series[] {
  const all = new Map<string, Growing[]>()
  for (const entry of entries.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1))) {
    for (const run of entry.runs) {
      for (const [metric, { unit, better, assume, median: value }] of Object.entries(run.metrics)) {
        const { scenario, variant, machine, kind, params } = run
        const isExact = kind === 'modelled' || assume === 'exact'
        const host =
          isExact || entry.host === null ? null : [entry.host.cpu, entry.host.cores, entry.host.node].join(', ')
        const key = JSON.stringify([scenario, variant, machine, kind, metric, host, run.model?.profileHash ?? null])
        const known = all.get(key) ?? []
        const about = { run: { scenario, variant, machine, kind, params }, metric, unit, better, isExact, host }
        const series = continued(known, run, entry) ?? { ...about, points: [], joined: [] }
        if (!known.includes(series)) all.set(key, [...known, series])
        noteParameters(series, run, entry)
        series.run = about.run
        series.points.push({ entry, value })
      }
    }
  }
  return [...all.values()].flat()
}

/** The series that a run continues: with the same parameters, or with those that both have. */
function continued(known: readonly Growing[], run: PastRun, entry: Entry): Growing | undefined {
  const same = known.find((series) => differingNames(series.run.params, run.params).length === 0)
  if (same !== undefined) return same
  const open = known.filter((series) => series.points.at(-1)?.entry !== entry && isCompatible(series.run, run))
  // Two runs of one entry cannot continue one series: the one whose new parameters have their defaults does.
  const rivals = entry.runs.filter((other) =>
    open.some((series) => isRunOf(series, other) && isCompatible(series.run, other)),
  )
  const isFirst = rivals.length < 2 || rivals.toSorted((a, b) => strangeness(a) - strangeness(b))[0] === run
  return open.length === 1 && isFirst ? open[0] : undefined
}

const isRunOf = ({ run }: Growing, { scenario, variant, machine, kind }: PastRun) =>
  run.scenario === scenario && run.variant === variant && run.machine === machine && run.kind === kind

/** No parameter that both have is another. */
const isCompatible = (a: Series['run'], b: Series['run']): boolean =>
  differingNames(a.params, b.params).every((name) => a.params[name] === undefined || b.params[name] === undefined)

const differingNames = (a: PastRun['params'], b: PastRun['params']): string[] =>
  Object.keys({ ...a, ...b }).filter((name) => a[name] !== b[name])

/** The number of a run's parameters that differ from the defaults of its scenario. */
function strangeness({ scenario, params }: PastRun): number {
  const defaults = SCENARIOS.find(({ name }) => name === scenario)?.parameters ?? {}
  return Object.entries(params).filter(
    ([name, value]) => defaults[name] !== undefined && defaults[name].default !== value,
  ).length
}

function noteParameters(series: Growing, { params }: PastRun, since: Entry): void {
  const names = differingNames(series.run.params, params)
  if (names.length > 0) series.joined.push({ since, names })
}

export type ShiftOptions = {
  readonly alpha: number
  /** Measured levels that differ by less, as a part of the one before, are no shift. */
  readonly least: number
  /** Only shifts to a level that began within this many newest points. */
  readonly newest: number
}

/** The changes of a series' level: for exact figures every difference, for others those that chance does not explain. */
export function shiftsOf(series: Series, { alpha, least, newest }: ShiftOptions): Shift[] {
  const values = series.points.map(({ value }) => value)
  const points = series.isExact
    ? values.flatMap((value, at) => (at > 0 && value !== values[at - 1] ? [{ at, p: null }] : []))
    : changePoints(values, alpha)
  const shifts = points.map(({ at, p }, index): Shift => {
    const before = median(values.slice(points[index - 1]?.at ?? 0, at))
    const after = median(values.slice(at, points[index + 1]?.at ?? values.length))
    const isBetter = after > before === (series.better === 'higher')
    const verdict = series.better === null || after === before ? 'changed' : isBetter ? 'better' : 'worse'
    return { at, before, after, p, verdict }
  })
  return shifts.filter((shift) => shift.at >= values.length - newest && (series.isExact || sizeOf(shift) >= least))
}

/** The size of a change as a share of the level before. */
export const sizeOf = ({ before, after }: Pick<Shift, 'before' | 'after'>): number =>
  before === 0 ? Number.POSITIVE_INFINITY : Math.abs(after / before - 1)
