import { FaultlineError } from '../errors/faultline-error.ts'
import { nearestText } from '../errors/nearest.ts'
import { fit } from '../report/fit.ts'
import { columns, time } from '../report/numbers.ts'
import type { Command } from './command.ts'
import { EXIT } from './io.ts'
import { KINDS, type Kind, type ListArgs } from './list-flags.ts'
import type { Listing } from './listing.ts'
import { readListing } from './stored-listing.ts'

type Scenario = Listing['scenarios'][number]
type Profile = Extract<Listing['machines'][number], { readonly cpu: string }>

const listing = readListing()
const PROFILES = listing.machines.filter((machine): machine is Profile => 'cpu' in machine)

export const list: Command<ListArgs> = async ({ json, what }, io) => {
  const found = what === undefined ? 'scenarios' : wanted(what)
  if (json) io.out(JSON.stringify(what === undefined ? listing : dataOf(found), null, 1))
  else io.out(fit(textOf(found), io.columns))
  return EXIT.fine
}

type Wanted = Kind | Scenario | Profile

function wanted(what: string): Wanted {
  const named = [...listing.scenarios, ...PROFILES].find(({ name }) => name === what)
  if (named !== undefined) return named
  const kind = KINDS.find((known) => known === what || known === `${what}s`)
  if (kind !== undefined) return kind
  const names = [...KINDS, ...[...listing.scenarios, ...PROFILES].map(({ name }) => name)]
  throw new FaultlineError('UNKNOWN_LISTING', 'usage', `there is no '${what}' to list`, {
    hint: nearestText(what, names),
  })
}

const TEXTS: Readonly<Record<Kind, () => string>> = {
  all: () => listText(),
  scenarios: overviewText,
  variants: () =>
    listing.scenarios.map(({ name, variants }) => `${name}\n${table(variantRows(variants))}`).join('\n\n'),
  machines: () => table(machineRows()),
  parameters: () =>
    listing.scenarios
      .filter(({ parameters }) => Object.keys(parameters).length > 0)
      .map(({ name, parameters }) => `${name}, --set NAME=VALUE\n${table(parameterRows(parameters))}`)
      .join('\n\n'),
  metrics: () => table(metricRows()),
  costs: () => table(costRows()),
  kernels: () => kernelsText(),
}

const DATA: Readonly<Record<Kind, () => unknown>> = {
  all: () => listing,
  scenarios: () => listing.scenarios,
  variants: () => Object.fromEntries(listing.scenarios.map(({ name, variants }) => [name, variants])),
  machines: () => listing.machines,
  parameters: () => Object.fromEntries(listing.scenarios.map(({ name, parameters }) => [name, parameters])),
  metrics: () => listing.metrics,
  costs: () => listing.costs,
  kernels: () => listing.kernels,
}

function textOf(found: Wanted): string {
  if (typeof found === 'string') return TEXTS[found]()
  return 'cpu' in found ? profileText(found) : scenarioText(found)
}

function dataOf(found: Wanted): unknown {
  return typeof found === 'string' ? DATA[found]() : found
}

/** Each scenario with its question: where to begin. */
function overviewText(): string {
  const rows = listing.scenarios.map(({ name, asks }) => [name, asks])
  return [
    'Questions, to ask with `faultline bench -s NAME`',
    table(rows),
    '',
    'More: `faultline list NAME` for the variants and parameters of one, `list machines`, `list metrics`, `list parameters`,',
    '`list kernels`, or `list all`.',
  ].join('\n')
}

/** Each version, and what it changed against the one before. */
function kernelsText(): string {
  return listing.kernels
    .map(({ name, before, changes }) => {
      const rows = changes.map(({ entry, commit, says }) => [entry, commit, says])
      const what = changes.length === 0 ? 'nothing that is re-created here' : ''
      return before === null ? `${name}, the oldest` : `${name}, against ${before}: ${what}\n${table(rows)}`.trimEnd()
    })
    .join('\n\n')
}

const machineRows = () =>
  listing.machines.map((machine) => [
    machine.name,
    'cpu' in machine ? `${machine.cpu}: its figures are modelled` : machine.says,
  ])

/** Everything that can be asked for, as text. */
export function listText(): string {
  return [
    ...listing.scenarios.map(scenarioText),
    `Machines\n${table(machineRows())}`,
    ...PROFILES.map(profileText),
    `Metrics\n${table(metricRows())}`,
    `Costs of what is not re-created, --set cost.NAME=NS\n${table(costRows())}`,
  ].join('\n\n')
}

/** What a machine is, with what it inherits. */
function profileText({ name, cpu, parameters }: Profile): string {
  const rows = Object.entries(parameters).map(([parameter, { value, unit, low, high, class: known, source }]) => {
    return [parameter, `${value}`, unit, low === high ? '' : `${low} to ${high}`, known, source]
  })
  return `Machine ${name}: ${cpu}; --set machine.NAME=VALUE\n${table([['parameter', 'value', 'unit', 'range', 'class', 'source'], ...rows])}`
}

const metricRows = () => [
  ['metric', 'unit', 'better', 'what it is'],
  ...Object.entries(listing.metrics).map(([name, { unit, better, says }]) => [name, unit, better ?? '-', says]),
]

const costRows = () => [
  ['cost', 'ns', 'source'],
  ...listing.costs.map(({ name, ns, source }) => [name, time(ns), source]),
]

/** The ids of our own literature stand last. */
const variantRows = (variants: Scenario['variants']) => [
  ['variant', '', 'what it does', 'reference'],
  ...variants.map((variant) => [
    variant.name,
    variant.kind === 'good' ? '' : brokenText(variant),
    variant.says,
    variant.reference,
  ]),
]

const parameterRows = (parameters: Scenario['parameters']) => [
  ['parameter', 'default', 'values', 'what it is'],
  ...Object.entries(parameters).map(([key, parameter]) => [
    key,
    String(parameter.default),
    domain(parameter),
    parameter.says,
  ]),
]

function scenarioText({ name, asks, mail, headline, decides, variants, parameters }: Scenario): string {
  return [
    `${name}: ${asks}`,
    ...(mail === null ? [] : [`  from: ${mail}`]),
    `  headline: ${headline.join(' against ')}`,
    '',
    '  Figures that decide',
    table(decides.map(({ metric, reads, means }) => [metric, reads, means])),
    '',
    '  Variants',
    table(variantRows(variants)),
    ...(Object.keys(parameters).length === 0
      ? []
      : ['', '  Parameters, --set NAME=VALUE', table(parameterRows(parameters))]),
  ].join('\n')
}

function brokenText(variant: Scenario['variants'][number] & { kind: 'broken' }): string {
  return variant.caughtBy.length === 0 ? 'broken, not seen on threads' : `broken, caught by ${variant.caughtBy[0]}`
}

const domain = (parameter: Scenario['parameters'][string]) =>
  parameter.kind === 'choice' ? parameter.choices.join('|') : `${parameter.low}..${parameter.high}`

/** Left-aligned columns under a heading. */
function table(rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const padded = rows.map((row) =>
    row.map((cell, column) =>
      column === row.length - 1 ? cell : cell.padEnd(Math.max(...rows.map((other) => other[column]!.length))),
    ),
  )
  return columns(padded.map((row) => [`    ${row.join('  ')}`]))
}
