import { FaultlineError } from '../errors/faultline-error.ts'
import { nearestText } from '../errors/nearest.ts'

/** A parameter of a scenario, as `--set name=value` gives it. */
export type Parameter = {
  readonly says: string
  readonly default: string | number
} & (
  | { readonly kind: 'integer'; readonly low: number; readonly high: number }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
)

export type Parameters = Readonly<Record<string, Parameter>>
/** Values by parameter, each of the parameter's type where that is known. */
export type Values<P extends Parameters> = {
  readonly [N in keyof P]: P[N] extends { readonly kind: 'integer' }
    ? number
    : P[N] extends { readonly kind: 'choice'; readonly choices: readonly (infer C)[] }
      ? C
      : string | number
}

/** A pause in microseconds, 10 s at most. */
export const pauseUs = (says: string, byDefault: number) =>
  ({ kind: 'integer', says, low: 0, high: 10_000_000, default: byDefault }) as const

export const percentage = (says: string, byDefault: number) =>
  ({ kind: 'integer', says, low: 0, high: 100, default: byDefault }) as const

/** Validates the user's settings, and fills in the defaults, some of which a preset replaces. */
export function valuesOf<P extends Parameters>(
  parameters: P,
  presets: Readonly<Record<string, string | number>>,
  set: Readonly<Record<string, string>>,
): Values<P> {
  for (const name of Object.keys(set)) {
    if (!Object.hasOwn(parameters, name)) {
      throw new FaultlineError('UNKNOWN_PARAMETER', 'usage', `there is no parameter '${name}'`, {
        hint: `${nearestText(name, Object.keys(parameters))} \`faultline list SCENARIO\` explains those of a scenario.`,
      })
    }
  }
  const entries = Object.entries(parameters).map(([name, parameter]) => {
    const given = set[name]
    return [name, given === undefined ? (presets[name] ?? parameter.default) : parse(name, parameter, given)]
  })
  return Object.fromEntries(entries) as Values<P>
}

function parse(name: string, parameter: Parameter, text: string): string | number {
  if (parameter.kind === 'choice') {
    if (parameter.choices.includes(text)) return text
    throw wrong(name, text, `one of ${parameter.choices.join(', ')}`)
  }
  const value = Number(text)
  const isFine = text.trim() !== '' && Number.isInteger(value) && value >= parameter.low && value <= parameter.high
  if (!isFine) throw wrong(name, text, `a whole number from ${parameter.low} to ${parameter.high}`)
  return value
}

const wrong = (name: string, text: string, wanted: string) =>
  new FaultlineError('BAD_PARAMETER', 'usage', `${name} is '${text}', which is not ${wanted}`, {
    hint: `Set it as \`--set ${name}=VALUE\`; \`faultline list SCENARIO\` explains it.`,
  })
