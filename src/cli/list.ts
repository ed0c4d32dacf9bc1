import type { Argv } from 'yargs'
import { METRICS } from '../bench/metrics.ts'
import type { Parameter } from '../bench/parameters.ts'
import type { Scenario } from '../bench/scenario.ts'
import { SCENARIOS } from '../bench/scenarios/all.ts'
import { PARAMETERS } from '../model/parameters.ts'
import { loadProfile, profileNames } from '../model/profile.ts'
import { BROADCAST, WORK } from '../protocols/costs.ts'
import { VERSIONS } from '../protocols/kernels.ts'
import { columns, time } from '../report/numbers.ts'
import type { Command } from './command.ts'
import { EXIT } from './io.ts'
import { HOST_PROFILE } from './machines.ts'

type Flags = { readonly json: boolean; readonly what?: 'kernels' | undefined }

export const list: Command<Flags> = {
  name: 'list',
  usage: 'list [what]',
  summary: 'List scenarios, their variants and parameters, machines, metrics and costs; or kernels.',
  flags: (yargs) =>
    yargs
      .positional('what', {
        type: 'string',
        choices: ['kernels'] as const,
        describe: 'kernels: which function changed in which version',
      })
      .option('json', { type: 'boolean', default: false, describe: 'as JSON' }) as unknown as Argv<Flags>,
  async run({ json, what }, io) {
    if (what === 'kernels') io.out(json ? JSON.stringify(kernels(), null, 1) : kernelsText())
    else io.out(json ? JSON.stringify(listing(), null, 1) : listText())
    return EXIT.fine
  },
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
    `Metrics\n${table(Object.entries(METRICS).map(([name, { unit, better, says }]) => [name, unit, better ?? '-', says]))}`,
    `Costs of what is not re-created, --set cost.NAME=NS\n${table(
      [...WORK, ...BROADCAST].map(({ name, ns, source }) => [name, time(ns), source]),
    )}`,
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

function scenarioText({ name, asks, mail, headline, variants, parameters }: Scenario): string {
  const marked = variants.map((variant) => [
    variant.name,
    variant.reference,
    variant.kind === 'good' ? '' : brokenText(variant),
    variant.says,
  ])
  const set = Object.entries(parameters).map(([key, parameter]) => [
    key,
    String(parameter.default),
    domain(parameter),
    parameter.says,
  ])
  return [
    `${name}: ${asks}`,
    ...(mail === null ? [] : [`  from: ${mail}`]),
    `  headline: ${headline.join(' against ')}`,
    '',
    '  Variants',
    table(marked),
    ...(set.length === 0 ? [] : ['', '  Parameters, --set NAME=VALUE', table(set)]),
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
