import { FaultlineError } from '../errors/faultline-error.ts'
import { type VariantName, variantNamed } from '../protocols/catalogue.ts'
import type { Version } from '../protocols/kernel.ts'
import { onKernel, replacedBy } from '../protocols/on-kernel.ts'
import type { Scenario, Variant } from './scenario.ts'
import { lackedBy } from './since.ts'

/** A scenario on a kernel: that kernel as it is, and each variant that fits it. */
export type OnKernel = {
  readonly scenario: Scenario
  /** By name, why a variant is not among them. */
  readonly refused: Readonly<Record<string, string>>
  /** The default variants: the kernel, and those of the headline pair that fit it. */
  readonly names: readonly string[]
}

/** A kernel as it is, beside the variants of a question. */
export const asVariant = ({ name }: Version): Variant => ({
  kind: 'good',
  name,
  reference: name,
  says: 'the kernel as it is',
  protocol: name,
})

/** Refuses a question about a feature that the kernel does not have yet. */
export function refuseOlder(version: Version, question: string): void {
  const lacked = lackedBy(version, question)
  if (lacked === undefined) return
  throw new FaultlineError('NOT_ON_KERNEL', 'usage', lacked, {
    hint: 'Name a newer kernel: `faultline list kernels` prints them.',
  })
}

/** The question, asked of a kernel. */
export function scenarioOn(scenario: Scenario, version: Version): OnKernel {
  if (scenario.kind === 'primitives') {
    throw new FaultlineError('NO_PROTOCOL', 'usage', `${scenario.name} runs no protocol, so no kernel`, {
      hint: 'Leave --kernel out, or ask another scenario: -s precheck.',
    })
  }
  refuseOlder(version, scenario.name)
  const { name } = version
  const refused: Record<string, string> = {}
  // Variants that differ outside the protocol: all of them run the kernel.
  const beside = new Set(scenario.variants.flatMap(({ protocol }) => protocol ?? []) as readonly string[])
  const itself: Variant = { ...asVariant(version), kernel: name }
  const fitting = scenario.variants.flatMap((variant): Variant[] => {
    // The kernel itself replaces it.
    if (variant.name === name && beside.size === 0) return []
    const isBeside = variant.protocol !== undefined || beside.has(variant.name)
    const on = isBeside ? { ...variant, protocol: name, kernel: name } : onVersion(variant, version)
    if (typeof on !== 'string') return [on]
    refused[variant.name] = on
    return []
  })
  const isOfProtocol = beside.size === 0
  const variants = isOfProtocol ? [itself, ...fitting] : fitting
  const pair = scenario.headline.filter((one) => fitting.some((variant) => variant.name === one))
  const names = isOfProtocol ? [name, ...pair.filter((one) => changesSomething(one))] : pair
  return { scenario: { ...scenario, variants, recorded: name }, refused, names }
}

const changesSomething = (name: string) => Object.keys(replacedBy(variantNamed(name as VariantName))).length > 0

/** The variant on that version, or why it cannot be. */
function onVersion(variant: Variant, version: Version): Variant | string {
  const { name: kernel } = version
  const on = onKernel(variantNamed(variant.name as VariantName), version)
  return 'refused' in on ? on.refused : { ...variant, kernel }
}
