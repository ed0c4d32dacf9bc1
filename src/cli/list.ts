import { FaultlineError } from '../errors/faultline-error.ts'
import { nearestText } from '../errors/nearest.ts'
import { fit } from '../report/fit.ts'
import { leftColumns, time } from '../report/numbers.ts'
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
  else io.out(fit(textOf(found, io.columns), io.columns))
  return EXIT.fine
}

type Wanted = Kind | Scenario | Profile
/** The width of the terminal; undefined if output goes elsewhere. */
type Width = number | undefined

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

const TEXTS: Readonly<Record<Kind, (width: Width) => string>> = {
  all: listText,
  scenarios: overviewText,
  variants: (width) =>
    listing.scenarios.map(({ name, variants }) => `${name}\n${table(variantRows(variants), width)}`).join('\n\n'),
  machines: (width) => table(machineRows(), width),
  parameters: parametersText,
  metrics: (width) => table(metricRows(), width),
  costs: (width) => table(costRows(), width),
  kernels: kernelsText,
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

function textOf(found: Wanted, width: Width): string {
  if (typeof found === 'string') return TEXTS[found](width)
  return 'cpu' in found ? profileText(found, width) : scenarioText(found, width)
}

function dataOf(found: Wanted): unknown {
  return typeof found === 'string' ? DATA[found]() : found
}

/** Each scenario with its question: where to begin. */
function overviewText(width: Width): string {
  const rows = listing.scenarios.map(({ name, asks }) => [name, asks])
  return [
    'Questions, to ask with `faultline bench -s NAME`',
    table(rows, width),
    '',
    'More: `faultline list NAME` for the variants and parameters of one, `list machines`, `list metrics`, `list parameters`,',
    '`list kernels`, or `list all`.',
  ].join('\n')
}

/** Each version with its changes to the one before. */
function kernelsText(width: Width): string {
  return listing.kernels
    .map(({ name, before, changes }) => {
      const rows = changes.map(({ entry, commit, says }) => [entry, commit, says])
      const what = changes.length === 0 ? 'nothing that is re-created here' : ''
      return before === null
        ? `${name}, the oldest`
        : `${name}, against ${before}: ${what}\n${table(rows, width)}`.trimEnd()
    })
    .join('\n\n')
}

const machineRows = () => [
  ['machine', 'figures', 'what it is'],
  ...listing.machines.map((machine) => [
    machine.name,
    machine.name === 'threads' ? 'measured' : 'modelled',
    'cpu' in machine ? machine.cpu : machine.says,
  ]),
]

/** Each parameter once, with the scenarios that have it. */
function parametersText(width: Width): string {
  const uses = listing.scenarios.flatMap(({ name: scenario, parameters }) =>
    Object.entries(parameters).map(([name, parameter]) => ({ scenario, name, parameter })),
  )
  const keyOf = ({ name, parameter }: (typeof uses)[number]) => `${name} ${domain(parameter)}`
  const rows = [...new Set(uses.map(keyOf))].map((key) => {
    const all = uses.filter((use) => keyOf(use) === key)
    const { name, parameter } = all[0]!
    const isOne = all.every((other) => other.parameter.default === parameter.default)
    return [
      name,
      isOne ? String(parameter.default) : 'varies',
      shortDomain(parameter),
      all.map(({ scenario }) => scenario).join(', '),
    ]
  })
  return [
    'Parameters, to set with --set NAME=VALUE',
    table([['parameter', 'default', 'values', 'scenarios'], ...rows.sort(([a], [b]) => a!.localeCompare(b!))], width),
    '',
    'What each means: `faultline list SCENARIO`.',
  ].join('\n')
}

/** Everything that can be asked for, as text. */
export function listText(width?: Width): string {
  return [
    ...listing.scenarios.map((scenario) => scenarioText(scenario, width)),
    `Machines\n${table(machineRows(), width)}`,
    ...PROFILES.map((profile) => profileText(profile, width)),
    `Metrics\n${table(metricRows(), width)}`,
    `Costs of what is not re-created, --set cost.NAME=NS\n${table(costRows(), width)}`,
  ].join('\n\n')
}

/** A machine with its inherited parameters. */
function profileText({ name, cpu, parameters }: Profile, width: Width): string {
  const rows = Object.entries(parameters).map(([parameter, { value, unit, low, high, class: known, source }]) => {
    return [parameter, `${value}`, unit, low === high ? '' : `${low} to ${high}`, known, source]
  })
  return `Machine ${name}: ${cpu}; --set machine.NAME=VALUE\n${table([['parameter', 'value', 'unit', 'range', 'class', 'source'], ...rows], width)}`
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
  ['variant', 'what it does (reference)'],
  ...variants.map((variant) => [
    variant.name,
    `${variant.says} (${variant.reference})${variant.kind === 'good' ? '' : `: ${brokenText(variant)}`}`,
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

function scenarioText({ name, asks, mail, headline, decides, variants, parameters }: Scenario, width: Width): string {
  return [
    `${name}: ${asks}`,
    ...(mail === null ? [] : [`  from: ${mail}`]),
    `  headline: ${headline.join(' against ')}`,
    '',
    '  Figures that decide',
    table(
      decides.map(({ metric, reads, means }) => [metric, reads, means]),
      width,
    ),
    '',
    '  Variants',
    table(variantRows(variants), width),
    ...(Object.keys(parameters).length === 0
      ? []
      : ['', '  Parameters, --set NAME=VALUE', table(parameterRows(parameters), width)]),
  ].join('\n')
}

function brokenText(variant: Scenario['variants'][number] & { kind: 'broken' }): string {
  return variant.caughtBy.length === 0 ? 'broken, not seen on threads' : `broken, caught by ${variant.caughtBy[0]}`
}

/** Longer lists of choices stand with the scenario only. */
const SHORT = 16

const shortDomain = (parameter: Scenario['parameters'][string]) =>
  parameter.kind === 'choice' && domain(parameter).length > SHORT
    ? `${parameter.choices.length} choices`
    : domain(parameter)

const domain = (parameter: Scenario['parameters'][string]) =>
  parameter.kind === 'choice' ? parameter.choices.join('|') : `${parameter.low}..${parameter.high}`

const INDENT = '    '

/** Left-aligned columns under a heading; text in the last column wraps below itself. */
function table(rows: readonly (readonly string[])[], width: Width): string {
  if (rows.length === 0) return ''
  return leftColumns(rows, width === undefined ? undefined : width - INDENT.length)
    .split('\n')
    .map((line) => INDENT + line)
    .join('\n')
}
