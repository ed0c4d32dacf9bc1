import type { Entry } from '../bench/trend/history.ts'
import { type Series, type Shift, shiftsOf } from '../bench/trend/series.ts'
import { ratioChange } from './compare-cells.ts'
import { telling } from './export/exporter.ts'
import { benchName } from './names.ts'
import { inUnit } from './numbers.ts'

/** The change points of a history, each with its commit; series without one are counted. */
export function trendText(all: readonly Series[], alpha: number): string {
  const shown = all.map((series) => ({ series, shifts: shiftsOf(series, alpha) }))
  const changed = shown.filter(({ shifts }) => shifts.length > 0)
  const measured = all.filter(({ isExact }) => !isExact).length
  const longest = Math.max(0, ...all.map(({ points }) => points.length))
  const still = `${all.length - changed.length} of ${all.length} series without a change; the longest has ${longest} points.`
  const method =
    measured === 0
      ? []
      : [
          `${measured} measured series by E-divisive, alpha ${alpha} each: about ${(measured * alpha).toFixed(1)} of them would show a change by chance; with fewer than 8 points none would.`,
        ]
  return [...changed.map(({ series, shifts }) => seriesText(series, shifts)), [still, ...method].join('\n')].join(
    '\n\n',
  )
}

function seriesText(series: Series, shifts: readonly Shift[]): string {
  const { run, metric, host, points } = series
  const name = `${benchName(telling(run))} on ${run.machine} (${run.kind}): ${metric}`
  const where = host === null ? '' : `\n  on ${host}`
  return [`${name}, ${points.length} points${where}`, ...shifts.map((shift) => shiftText(series, shift))].join('\n')
}

function shiftText({ points, unit }: Series, { at, before, after, p, verdict }: Shift): string {
  const size = before === 0 ? '' : ` ${ratioChange(after / before)}`
  const evidence = p === null ? 'exact' : `p=${p.toFixed(3)}`
  const levels = `${inUnit(before, unit)} to ${inUnit(after, unit)}`
  return `  ${commitOf(points[at]!.entry)} (after ${commitOf(points[at - 1]!.entry)}): ${levels},${size} ${verdict} (${evidence})`
}

const commitOf = ({ git, dirty, createdAt }: Entry) =>
  git === null ? createdAt : `${git.slice(0, 12)}${dirty ? '+' : ''}`
