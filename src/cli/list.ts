import type { Argv } from 'yargs'
import { METRICS } from '../bench/metrics.ts'
import type { Parameter } from '../bench/parameters.ts'
import type { Scenario } from '../bench/scenario.ts'
import { SCENARIOS } from '../bench/scenarios/all.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { nearestText } from '../errors/nearest.ts'
import { PARAMETERS } from '../model/parameters.ts'
import { loadProfile, profileNames } from '../model/profile.ts'
import { BROADCAST, WORK } from '../protocols/costs.ts'
import { VERSIONS } from '../protocols/kernels.ts'
import { fit } from '../report/fit.ts'
import { columns, time } from '../report/numbers.ts'
import type { Command } from './command.ts'
import { EXIT } from './io.ts'
import { HOST_PROFILE } from './machines.ts'

type Flags = { readonly json: boolean; readonly what?: string | undefined }

const KINDS = ['all', 'scenarios', 'variants', 'machines', 'parameters', 'metrics', 'costs', 'kernels'] as const
type Kind = (typeof KINDS)[number]

export const list: Command<Flags> = {
  flags: (yargs) =>
    yargs
      .positional('what', {
        type: 'string',
        describe: `${KINDS.join(', ')}; or a scenario or a machine by its name`,
      })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' }) as unknown as Argv<Flags>,
  async run({ json, what }, io) {
    const found = what === undefined ? 'scenarios' : wanted(what)
    if (json) io.out(JSON.stringify(what === undefined ? listing() : dataOf(found), null, 1))
    else io.out(fit(textOf(found), io.columns))
    return EXIT.fine
  },
}

type Wanted = Kind | Scenario | { readonly machine: string }

function wanted(what: string): Wanted {
  const scenario = SCENARIOS.find(({ name }) => name === what)
  if (scenario !== undefined) return scenario
  if (profileNames().includes(what)) return { machine: what }
  const kind = KINDS.find((known) => known === what || known === `${what}s`)
  if (kind !== undefined) return kind
  const names = [...KINDS, ...SCENARIOS.map(({ name }) => name), ...profileNames()]
  throw new FaultlineError('UNKNOWN_LISTING', 'usage', `there is no '${what}' to list`, {
    hint: nearestText(what, names),
  })
}

const TEXTS: Readonly<Record<Kind, () => string>> = {
  all: () => listText(),
  scenarios: overviewText,
  variants: () => SCENARIOS.map(({ name, variants }) => `${name}\n${table(variantRows(variants))}`).join('\n\n'),
  machines: () => table(machines().map(({ name, says }) => [name, says])),
  parameters: () =>
    SCENARIOS.filter(({ parameters }) => Object.keys(parameters).length > 0)
      .map(({ name, parameters }) => `${name}, --set NAME=VALUE\n${table(parameterRows(parameters))}`)
      .join('\n\n'),
  metrics: () => table(metricRows()),
  costs: () => table(costRows()),
  kernels: () => kernelsText(),
}

const DATA: Readonly<Record<Kind, () => unknown>> = {
  all: () => listing(),
  scenarios: () => SCENARIOS,
  variants: () => Object.fromEntries(SCENARIOS.map(({ name, variants }) => [name, variants])),
  machines: () => listing().machines,
  parameters: () => Object.fromEntries(SCENARIOS.map(({ name, parameters }) => [name, parameters])),
  metrics: () => METRICS,
  costs: () => listing().costs,
  kernels: () => kernels(),
}

function textOf(found: Wanted): string {
  if (typeof found === 'string') return TEXTS[found]()
  return 'machine' in found ? profileText(found.machine) : scenarioText(found)
}

function dataOf(found: Wanted): unknown {
  if (typeof found === 'string') return DATA[found]()
  return 'machine' in found ? loadProfile(found.machine) : found
}

/** Each scenario with its question: where to begin. */
export function overviewText(): string {
  const rows = SCENARIOS.map(({ name, asks }) => [name, asks])
  return [
    'Questions, to ask with `faultline bench -s NAME`',
    table(rows),
    '',
    'More: `faultline list NAME` for the variants and parameters of one, `list machines`, `list metrics`, `list parameters`,',
    '`list kernels`, or `list all`.',
  ].join('\n')
}

const kernels = () => VERSIONS.map(({ name, before, changes }) => ({ name, before: before?.name ?? null, changes }))

/** Each version, and what it changed against the one before. */
export function kernelsText(): string {
  return kernels()
    .map(({ name, before, changes }) => {
      const rows = changes.map(({ entry, commit = '', says }) => [entry, commit, says])
      const what = changes.length === 0 ? 'nothing that is re-created here' : ''
      return before === null ? `${name}, the oldest` : `${name}, against ${before}: ${what}\n${table(rows)}`.trimEnd()
    })
    .join('\n\n')
}

const THREADS = { name: 'threads', says: 'real worker threads of this host: what it says is measured' }
const HOST = { name: 'host', says: `this host, modelled: what \`faultline calibrate\` left in ${HOST_PROFILE}` }
const machines = () => [
  THREADS,
  ...profileNames().map((name) => ({ name, says: `${loadProfile(name).cpu}: what it says is modelled` })),
  HOST,
]

const listing = () => ({
  // JSON has no functions: what is left is the declaration.
  scenarios: SCENARIOS,
  machines: [THREADS, ...profileNames().map(loadProfile), HOST],
  parameters: PARAMETERS,
  metrics: METRICS,
  costs: [...WORK, ...BROADCAST],
})

/** Everything that can be asked for, as text. */
export function listText(): string {
  return [
    ...SCENARIOS.map(scenarioText),
    `Machines\n${table(machines().map(({ name, says }) => [name, says]))}`,
    ...profileNames().map(profileText),
    `Metrics\n${table(metricRows())}`,
    `Costs of what is not re-created, --set cost.NAME=NS\n${table(costRows())}`,
  ].join('\n\n')
}

/** What a machine is, with what it inherits. */
function profileText(name: string): string {
  const { cpu, parameters } = loadProfile(name)
  const rows = Object.entries(parameters).map(([parameter, { value, unit, low, high, class: known, source }]) => {
    return [parameter, `${value}`, unit, low === high ? '' : `${low} to ${high}`, known, source]
  })
  return `Machine ${name}: ${cpu}; --set machine.NAME=VALUE\n${table([['parameter', 'value', 'unit', 'range', 'class', 'source'], ...rows])}`
}

const metricRows = () => [
  ['metric', 'unit', 'better', 'what it is'],
  ...Object.entries(METRICS).map(([name, { unit, better, says }]) => [name, unit, better ?? '-', says]),
]

const costRows = () => [
  ['cost', 'ns', 'source'],
  ...[...WORK, ...BROADCAST].map(({ name, ns, source }) => [name, time(ns), source]),
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

const domain = (parameter: Parameter) =>
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
