import type { Check } from '../checker/check.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { nearestText } from '../errors/nearest.ts'
import { notOnKernel } from './kernels.ts'

/** Why variants are not among the checks of a kernel, by their names. */
export type Refused = Readonly<Record<string, string>>

type Asked = {
  readonly name?: string | undefined
  readonly variant?: string | undefined
  readonly configuration?: string | undefined
}

/** The requested checks. An unknown name is refused with the nearest known one. */
export function chosenChecks(
  checks: readonly Check[],
  { name, variant, configuration }: Asked,
  refused: Refused = {},
): readonly Check[] {
  const named = checks.filter((one) => name === undefined || one.name === name)
  if (named.length === 0)
    throw unknown(
      'check',
      name!,
      checks.map((one) => one.name),
    )
  const withVariant = named.filter(
    ({ variants }) => variant === undefined || variants.some((one) => one.name === variant),
  )
  if (withVariant.length === 0) {
    if (Object.hasOwn(refused, variant!)) throw notOnKernel(refused[variant!]!)
    const why = named.flatMap(({ unchecked = {} }) =>
      Object.hasOwn(unchecked, variant!) ? unchecked[variant!]! : [],
    )[0]
    if (why !== undefined)
      throw new FaultlineError('NOT_CHECKED', 'usage', `${variant} is in no check: ${why}`, {
        hint: `Try faultline bench -s ${named[0]!.name} --variant ${variant}.`,
      })
    throw unknown(
      'variant',
      variant!,
      named.flatMap(({ variants }) => variants.map((one) => one.name)),
    )
  }
  const all = withVariant.flatMap(({ configurations }) => configurations.map((one) => one.name))
  if (configuration === undefined || all.includes(configuration)) return withVariant
  throw unknown('configuration', configuration, all)
}

const unknown = (what: string, name: string, known: readonly string[]) =>
  new FaultlineError('UNKNOWN_NAME', 'usage', `there is no ${what} '${name}'`, {
    hint: nearestText(name, known),
  })
