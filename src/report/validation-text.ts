import type { FreeParameter } from '../bench/targets/rows.ts'
import type { Basis } from '../bench/targets/target.ts'
import type { Validated } from '../bench/validation.ts'
import { fit } from './fit.ts'
import { columns, compact, share } from './numbers.ts'
import { widthOf } from './tones.ts'

const KINDS = ['fitted', 'derived', 'held out'] as const

/** Each published figure beside the modelled one, with the status of the agreement. */
export function validationText(all: readonly Validated[], free: readonly FreeParameter[], width?: number): string {
  const hasBands = all.some(({ band }) => band !== null)
  const below = [counts(all, free), ...(hasBands ? [bands(all)] : [])].map((text) => fit(text, width))
  return [table(all, hasBands, width), ...below].join('\n\n')
}

type Column = { readonly name: string; readonly cell: (row: Validated) => string }

const FIGURES: readonly Column[] = [
  { name: 'published', cell: ({ target }) => figure(target.published, target.unit) },
  { name: 'modelled', cell: ({ target, modelled }) => figure(modelled, target.unit) },
  { name: 'error', cell: ({ error }) => `${error >= 0 ? '+' : '-'}${share(Math.abs(error))}` },
]
const AGREEMENT: readonly Column[] = [
  { name: 'allowed', cell: ({ target }) => share(target.tolerance) },
  { name: '', cell: ({ isWithin }) => (isWithin ? 'ok' : 'OUTSIDE') },
  { name: 'basis', cell: ({ target }) => target.basis.kind },
]
const BAND: readonly Column[] = [
  { name: 'band', cell: ({ target, band }) => spanOf(target.published, band) },
  { name: 'holds', cell: ({ band }) => (band?.holdsPublished === true ? 'yes' : 'no') },
]
const MACHINE: Column = { name: 'machine', cell: ({ target }) => target.machine }
const ORIGIN: readonly Column[] = [
  { name: 'profile', cell: ({ profileHash }) => profileHash },
  { name: 'source', cell: ({ target }) => target.source },
]

/** The most columns that fit; where a row's name has no room beside them, it is above its figures. */
function table(all: readonly Validated[], hasBands: boolean, width: number | undefined): string {
  const agreement = hasBands ? [...AGREEMENT, ...BAND] : AGREEMENT
  const choices = [
    tableOf(all, [...FIGURES, ...agreement, MACHINE, ...ORIGIN]),
    tableOf(all, [...FIGURES, ...agreement, MACHINE]),
    tableOf(all, [...FIGURES, ...agreement]),
    stacked(all, [...FIGURES, ...agreement]),
    stacked(all, [...FIGURES, ...AGREEMENT]),
    stacked(all, [...FIGURES, ...AGREEMENT.slice(1)]),
  ]
  const fits = (text: string) => width === undefined || text.split('\n').every((line) => widthOf(line) <= width)
  return choices.find(fits) ?? choices.at(-1)!
}

const nameOf = ({ target }: Validated) => `${target.id} ${target.says}`

const tableOf = (all: readonly Validated[], shown: readonly Column[]): string =>
  columns([
    ['', ...shown.map(({ name }) => name)],
    ...all.map((row) => [nameOf(row), ...shown.map(({ cell }) => cell(row))]),
  ])

function stacked(all: readonly Validated[], shown: readonly Column[]): string {
  const [header, ...figures] = columns([
    ['', ...shown.map(({ name }) => name)],
    ...all.map((row) => ['', ...shown.map(({ cell }) => cell(row))]),
  ]).split('\n')
  return [header!, ...all.flatMap((row, at) => [nameOf(row), figures[at]!])].join('\n')
}

/** The ends of the band, relative to the published figure. */
function spanOf(published: number, band: Validated['band']): string {
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
