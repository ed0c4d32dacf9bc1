import { wrapped } from '../../report/fit.ts'
import { time } from '../../report/numbers.ts'
import type { Kind } from '../list-flags.ts'
import type { Listing } from '../listing.ts'
import { kernelText, profileText, scenarioText, variantRows } from './one.ts'
import { domain, indented, type Parameter, type Profile, table, type Width } from './table.ts'

/** The short list of each kind, one line per entry; `list NAME` prints more about one entry. */
export const TEXTS: Readonly<Record<Kind, (listing: Listing, width: Width) => string>> = {
  all: allText,
  scenarios: scenariosText,
  variants: variantsText,
  machines: (listing, width) => table(machineRows(listing), width),
  parameters: parametersText,
  metrics: metricsText,
  costs: (listing, width) => table(costRows(listing), width),
  kernels: kernelsText,
}

/** Each scenario with its question: where to begin. */
function scenariosText({ scenarios }: Listing, width: Width): string {
  const rows = scenarios.map(({ name, asks }) => [name, asks])
  return [
    'Questions, to ask with `faultline bench -s NAME`',
    table(rows, width),
    '',
    'More: `faultline list NAME` for one scenario, machine, kernel, metric, parameter or variant; `list machines`, `list kernels`,',
    '`list metrics`, `list parameters`, `list variants`, `list costs`, or `list all`.',
  ].join('\n')
}

function variantsText({ scenarios }: Listing, width: Width): string {
  return scenarios.map(({ name, variants }) => `${name}\n${table(variantRows(variants), width)}`).join('\n\n')
}

/** Functions of a version that its line names. */
const NAMED = 3

function kernelsText({ kernels }: Listing, width: Width): string {
  const rows = kernels.map(({ name, before, changes }) => {
    const names = changes.slice(0, NAMED).map(({ entry }) => entry)
    const more = changes.length - names.length
    const some = names.length === 0 ? 'none that is re-created here' : names.join(', ')
    return [
      name,
      before === null ? '-' : String(changes.length),
      before === null ? 'the oldest' : `${some}${more > 0 ? ` and ${more} more` : ''}`,
    ]
  })
  return [
    'Kernels, to run with --kernel NAME, or to compare with --variant NAME',
    table([['kernel', 'changes', 'functions that differ from the version before'], ...rows], width),
    '',
    'What each changed, with the commits: `faultline list v6.12`; one against another: `faultline diff v5.15 v6.12`.',
  ].join('\n')
}

const machineRows = ({ machines }: Listing) => [
  ['machine', 'figures', 'what it is'],
  ...machines.map((machine) => [
    machine.name,
    machine.name === 'threads' ? 'measured' : 'modelled',
    'cpu' in machine ? machine.cpu : machine.says,
  ]),
]

/** Each parameter once, with the scenarios that have it. */
function parametersText({ scenarios }: Listing, width: Width): string {
  const uses = scenarios.flatMap(({ name: scenario, parameters }) =>
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
    'What one means: `faultline list range`; all of one scenario: `faultline list precheck`.',
  ].join('\n')
}

/** Longer lists of choices stand with the parameter only. */
const SHORT = 16

const shortDomain = (parameter: Parameter) =>
  parameter.kind === 'choice' && domain(parameter).length > SHORT
    ? `${parameter.choices.length} choices`
    : domain(parameter)

/** Where there is no terminal, names are wrapped as on a wide one. */
const WIDE = 100

/** Those that decide a question in a table; the others by name. */
function metricsText({ scenarios, metrics }: Listing, width: Width): string {
  const decidedBy = (name: string) =>
    scenarios.filter(({ decides }) => decides.some(({ metric }) => metric === name)).map((scenario) => scenario.name)
  const all = Object.entries(metrics).map(([name, { unit, better }]) => ({ name, unit, better, of: decidedBy(name) }))
  const rows = all.flatMap(({ name, unit, better, of }) =>
    of.length === 0 ? [] : [[name, unit, better ?? '-', of.join(', ')]],
  )
  const others = all.flatMap(({ name, of }) => (of.length === 0 ? [name] : []))
  return [
    'Metrics that decide a question',
    table([['metric', 'unit', 'better', 'scenarios'], ...rows], width),
    '',
    'Others',
    indented(wrapped(others.join(', '), (width ?? WIDE) - 4, 0).join('\n')),
    '',
    'What one is: `faultline list faults_per_second`.',
  ].join('\n')
}

const metricRows = ({ metrics }: Listing) => [
  ['metric', 'unit', 'better', 'what it is'],
  ...Object.entries(metrics).map(([name, { unit, better, says }]) => [name, unit, better ?? '-', says]),
]

const costRows = ({ costs }: Listing) => [
  ['cost', 'ns', 'source'],
  ...costs.map(({ name, ns, source }) => [name, time(ns), source]),
]

/** Everything that can be asked for. */
export function allText(listing: Listing, width?: Width): string {
  const profiles = listing.machines.filter((machine): machine is Profile => 'cpu' in machine)
  return [
    ...listing.scenarios.map((scenario) => scenarioText(scenario, width)),
    `Machines\n${table(machineRows(listing), width)}`,
    ...profiles.map((profile) => profileText(profile, width)),
    `Kernels\n${listing.kernels.map((kernel) => kernelText(kernel, width)).join('\n\n')}`,
    `Metrics\n${table(metricRows(listing), width)}`,
    `Costs of what is not re-created, --set cost.NAME=NS\n${table(costRows(listing), width)}`,
  ].join('\n\n')
}
