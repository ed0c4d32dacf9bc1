import { SHORTEST } from '../bench/trend/flat-series.ts'
import type { Entry } from '../bench/trend/history.ts'
import type { Series, Shift, ShiftOptions } from '../bench/trend/series.ts'
import { percent, ratioChange } from './compare-cells.ts'
import { labelsOf } from './export/exporter.ts'
import { benchName } from './names.ts'
import { inUnit } from './numbers.ts'

export type Changed = {
  readonly series: Series
  readonly shifts: readonly Shift[]
  /** How many points ago the older changes began; `--newest` leaves these out. */
  readonly older: readonly number[]
}

/** The change points of a history, each with its commit; series without one are counted. */
export function trendText(all: readonly Changed[], options: ShiftOptions): string {
  const changed = all.filter(({ shifts }) => shifts.length > 0)
  const longest = Math.max(0, ...all.map(({ series }) => series.points.length))
  const still = `${all.length - changed.length} of ${all.length} series without a ${Number.isFinite(options.newest) ? 'new ' : ''}change; the longest has ${longest} ${longest === 1 ? 'point' : 'points'}.`
  const parts = [
    ...changed.map(({ series, shifts }) => seriesText(series, shifts)),
    ...joinedText(all),
    [still, ...methodText(all, options)].join('\n'),
  ]
  return parts.join('\n\n')
}

function methodText(all: readonly Changed[], { alpha, least, newest }: ShiftOptions): string[] {
  const measured = all.filter(({ series }) => !series.isExact)
  const tested = measured.filter(({ series }) => series.points.length >= 2 * SHORTEST).length
  const looked = Number.isFinite(newest)
    ? [
        newestText(
          newest,
          all.flatMap(({ older }) => older),
        ),
      ]
    : []
  if (measured.length === 0) return looked
  const short = measured.length - tested
  const untested =
    short === 0 ? [] : [`${short} series not tested: one with fewer than ${2 * SHORTEST} points cannot show a change.`]
  if (tested === 0) return [...untested, ...looked]
  const chance = (tested * alpha).toFixed(1)
  return [
    `${tested} series tested by E-divisive against flat series with the same autocorrelation, alpha ${alpha} each: about ${chance} of them would show a change by chance. Levels that differ by less than ${percent(least)} count as one.`,
    ...untested,
    ...looked,
  ]
}

function newestText(newest: number, older: readonly number[]): string {
  const told = `Only changes that began within the ${newest} newest points are reported`
  if (older.length === 0) return `${told}.`
  const many = older.length === 1 ? 'a change' : `${older.length} changes`
  return `${told}; ${many} began before: --newest ${Math.max(...older)} shows ${older.length === 1 ? 'it' : 'them'} too.`
}

/** Series that were joined although the names of their parameters changed. */
function joinedText(all: readonly Changed[]): string[] {
  const lines = all.flatMap(({ series: { run, joined } }) =>
    joined.map(
      ({ since, names }) => `! ${benchName(labelsOf(run))}: ${names.join(', ')} came or went with ${commitOf(since)}`,
    ),
  )
  return lines.length === 0 ? [] : [[...new Set(lines)].join('\n')]
}

/** A CSV need not say where it is from: then nothing is said. */
const machineText = ({ machine, kind }: Series['run']): string =>
  (machine === null ? '' : ` on ${machine}`) + (kind === null ? '' : ` (${kind})`)

function seriesText(series: Series, shifts: readonly Shift[]): string {
  const { run, metric, host, points } = series
  const name = `${benchName(labelsOf(run))}${machineText(run)}: ${metric}`
  const where = host === null ? '' : `\n  on ${host}`
  return [
    `${name}, ${points.length} ${points.length === 1 ? 'point' : 'points'}${where}`,
    ...shifts.map((shift) => shiftText(series, shift)),
  ].join('\n')
}

function shiftText({ points, unit }: Series, { at, before, after, p, verdict }: Shift): string {
  const size = before === 0 ? '' : ` ${ratioChange(after / before)}`
  const evidence = p === null ? 'exact' : `p=${p.toFixed(3)}`
  const levels = `${inUnit(before, unit)} to ${inUnit(after, unit)}`
  return `  ${commitOf(points[at]!.entry)} (after ${commitOf(points[at - 1]!.entry)}): ${levels},${size} ${verdict} (${evidence})`
}

const commitOf = ({ git, dirty, createdAt }: Entry) =>
  git === null ? createdAt : `${git.slice(0, 12)}${dirty ? '+' : ''}`
