import type { FreeParameter } from '../bench/targets/rows.ts'
import type { Basis } from '../bench/targets/target.ts'
import type { Validated } from '../bench/validation.ts'
import { columns, compact, share } from './numbers.ts'

const KINDS = ['fitted', 'derived', 'held out'] as const

/** Each published figure beside the modelled one, with the status of the agreement. */
export function validationText(all: readonly Validated[], free: readonly FreeParameter[]): string {
  const hasBands = all.some(({ band }) => band !== null)
  return [table(all, hasBands), counts(all, free), ...(hasBands ? [bands(all)] : [])].join('\n\n')
}

function table(all: readonly Validated[], hasBands: boolean): string {
  const band = hasBands ? ['band', 'holds'] : []
  const header = ['', 'published', 'modelled', 'error', 'allowed', '', 'basis', ...band, 'machine', 'profile', 'source']
  return columns([header, ...all.map((row) => cells(row, hasBands))])
}

function cells({ target, modelled, error, isWithin, profileHash, band }: Validated, hasBands: boolean): string[] {
  return [
    `${target.id} ${target.says}`,
    figure(target.published, target.unit),
    figure(modelled, target.unit),
    `${error >= 0 ? '+' : '-'}${share(Math.abs(error))}`,
    share(target.tolerance),
    isWithin ? 'ok' : 'OUTSIDE',
    target.basis.kind,
    ...(hasBands ? [widthOf(target.published, band), band?.holdsPublished === true ? 'yes' : 'no'] : []),
    target.machine,
    profileHash,
    target.source,
  ]
}

/** The width of the band, relative to the published figure. */
function widthOf(published: number, band: Validated['band']): string {
  if (band === null) return ''
  const [low, high] = [band.low, band.high].map((value) => {
    const error = value / published - 1
    return `${error >= 0 ? '+' : '-'}${share(Math.abs(error))}`
  })
  return `${low} .. ${high}`
}

function counts(all: readonly Validated[], free: readonly FreeParameter[]): string {
  const of = (kind: Basis['kind']) => all.filter(({ target }) => target.basis.kind === kind)
  const lines = KINDS.map((kind) => {
    const rows = of(kind)
    return `${kind}: ${rows.filter(({ isWithin }) => isWithin).length} of ${rows.length} within their tolerance`
  })
  const known = of('fitted').length + of('derived').length
  const owners = [...new Set(free.map((each) => each.of))].map((owner) => {
    const names = free.filter((each) => each.of === owner).map(({ name }) => name)
    return `  ${owner}: ${names.join(', ')}`
  })
  return [
    ...lines,
    `${free.length} free parameters were fitted on these ${known} fitted and derived rows, or computed from them:`,
    ...owners,
    'Only the held-out rows are predictions. All rows use the profiles as they are; nothing is tuned in between.',
  ].join('\n')
}

function bands(all: readonly Validated[]): string {
  const within = all.filter(({ isWithin }) => isWithin)
  const holds = within.filter(({ band }) => band?.holdsPublished === true)
  return `The band covers the middle 80 % of the drawn machines, as a distance from the published figure; it contains that figure in ${holds.length} of ${within.length} rows within their tolerance.`
}

const figure = (value: number, unit: string) =>
  unit === 's' ? `${compact(value * 1000)} ms` : `${compact(value)} ${unit}`
