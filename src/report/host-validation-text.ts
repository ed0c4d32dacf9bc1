import type { HostDifference, HostFigure, HostOrder, HostValidation } from '../bench/host-validation.ts'
import type { Placement } from '../bench/placements.ts'
import { columns, inUnit, share, time } from './numbers.ts'
import { warningLines } from './warning-lines.ts'

/** The accepted error of a rate. */
const AIM = 0.25

/** Threads and model side by side. Only this table shows measured and modelled figures in one row, to compare them. */
export function hostValidationText({ placements, figures, differences, orders, warnings }: HostValidation): string {
  const rates = figures.filter(({ isRate }) => isRate)
  const within = rates.filter(({ error }) => Math.abs(error) <= AIM).length
  return [
    columns([HEADER, ...figures.map(rowOf)]),
    '',
    ...(placements.length === 0 ? [] : [placementText(placements)]),
    ...orders.map(orderText),
    ...differences.map(differenceText),
    ...warningLines(warnings),
    '',
    `${within} of ${rates.length} rates within ${share(AIM)}; ${sameSigns(differences)}.`,
  ].join('\n')
}

const HEADER = ['', '', '', 'threads (measured)', '95 %', 'host (modelled)', 'error']

function rowOf(figure: HostFigure): string[] {
  const { load, variant, metric, unit, measured, ci95, modelled, error, isRate } = figure
  const stated = Number.isFinite(error) ? `${error >= 0 ? '+' : '-'}${share(Math.abs(error))}` : '-'
  const interval = `[${inUnit(ci95[0], unit)}, ${inUnit(ci95[1], unit)}]`
  const mark = isRate && Math.abs(error) > AIM ? ' !' : ''
  return [load, variant, metric, inUnit(measured, unit), interval, inUnit(modelled, unit), `${stated}${mark}`]
}

function placementText(placements: readonly Placement[]): string {
  const each = placements.map(({ handOverNs, trials }) => `${time(handOverNs)} after ${trials} trials`)
  const moved =
    placements.length === 1
      ? ''
      : ': this host moves its virtual CPUs, and each trial is compared with the model of its own placement'
  return `hand-over from CPU to CPU: ${each.join(', ')}${moved}`
}

function orderText({ load, measured, modelled }: HostOrder): string {
  const isSame = measured.join() === modelled.join()
  return `${load}, fastest first: ${measured.join(', ')}${isSame ? ' on both' : ` on threads, ${modelled.join(', ')} modelled`}`
}

const differenceText = ({ load, metric, baseline, candidate, measured, modelled, isSameSign }: HostDifference) =>
  `${load}, ${candidate} against ${baseline}: ${metric} ${measured.toFixed(2)}x on threads, ${modelled.toFixed(2)}x modelled${isSameSign ? '' : ': NOT THE SAME SIGN'}`

function sameSigns(differences: readonly HostDifference[]): string {
  const same = differences.filter(({ isSameSign }) => isSameSign).length
  return `${same} of ${differences.length} differences that the threads resolve have the same sign`
}
