import type { Listing } from '../listing.ts'
import { domain, type Kernel, type Parameter, type Profile, type Scenario, table, type Width } from './table.ts'

/** One scenario: its question, what decides it, its variants and its parameters. */
export function scenarioText(
  { name, asks, mail, headline, decides, variants, parameters }: Scenario,
  width: Width,
): string {
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

/** A machine with its inherited parameters. */
export function profileText({ name, cpu, parameters }: Profile, width: Width): string {
  const rows = Object.entries(parameters).map(([parameter, { value, unit, low, high, class: known, source }]) => {
    return [parameter, `${value}`, unit, low === high ? '' : `${low} to ${high}`, known, source]
  })
  return `Machine ${name}: ${cpu}; --set machine.NAME=VALUE\n${table([['parameter', 'value', 'unit', 'range', 'class', 'source'], ...rows], width)}`
}

/** The changes of a version against the one before. */
export function kernelText({ name, before, changes }: Kernel, width: Width): string {
  if (before === null) return `${name}, the oldest`
  const rows = changes.map(({ entry, commit, says }) => [entry, commit, says])
  const what = changes.length === 0 ? ' nothing that is re-created here' : ''
  return `${name}, against ${before}:${what}\n${table(rows, width)}`.trimEnd()
}

/** One metric, and the questions that it decides. */
export function metricText(name: string, { scenarios, metrics }: Listing, width: Width): string {
  const { unit, better, says } = metrics[name as keyof Listing['metrics']]
  const decides = scenarios.flatMap((scenario) => {
    const own = scenario.decides.find(({ metric }) => metric === name)
    return own === undefined ? [] : [[scenario.name, `${own.reads}: ${own.means}`]]
  })
  return [
    `${name}: ${says}`,
    table(
      [
        ['unit', unit],
        ['better', better ?? 'neither direction'],
      ],
      width,
    ),
    ...(decides.length === 0 ? [] : ['  It decides', table(decides, width)]),
  ].join('\n')
}

/** One parameter, in each scenario that has it. */
export function parameterText(name: string, { scenarios }: Listing, width: Width): string {
  const uses = scenarios.flatMap(({ name: scenario, parameters }) => {
    const own = parameters[name]
    return own === undefined ? [] : [[scenario, String(own.default), domain(own), own.says]]
  })
  return `${name}: a parameter, --set ${name}=VALUE\n${table([['scenario', 'default', 'values', 'what it is'], ...uses], width)}`
}

/** One variant, in each scenario that has it. */
export function variantText(name: string, { scenarios }: Listing, width: Width): string {
  const uses = scenarios.flatMap(({ name: scenario, variants }) =>
    variantRows(variants.filter((variant) => variant.name === name))
      .slice(1)
      .map(([, says]) => [scenario, says!]),
  )
  return `${name}: a variant, --variant ${name}\n${table([['scenario', 'what it does (reference)'], ...uses], width)}`
}

/** The ids of our own literature stand last. */
export const variantRows = (variants: Scenario['variants']): string[][] => [
  ['variant', 'what it does (reference)'],
  ...variants.map((variant) => [
    variant.name,
    `${variant.says} (${variant.reference})${variant.kind === 'good' ? '' : `: ${brokenText(variant)}`}`,
  ]),
]

const parameterRows = (parameters: Readonly<Record<string, Parameter>>) => [
  ['parameter', 'default', 'values', 'what it is'],
  ...Object.entries(parameters).map(([key, parameter]) => [
    key,
    String(parameter.default),
    domain(parameter),
    parameter.says,
  ]),
]

function brokenText(variant: Scenario['variants'][number] & { kind: 'broken' }): string {
  return variant.caughtBy.length === 0 ? 'broken, not seen on threads' : `broken, caught by ${variant.caughtBy[0]}`
}
