import { asVariant, refuseOlder, scenarioOn } from '../../bench/on-kernel.ts'
import type { Scenario } from '../../bench/scenario.ts'
import { HEADLINES, SCENARIOS } from '../../bench/scenarios/all.ts'
import { FaultlineError } from '../../errors/faultline-error.ts'
import { nearestText } from '../../errors/nearest.ts'
import type { Version } from '../../protocols/kernel.ts'
import { VERSIONS } from '../../protocols/kernels.ts'
import { namesIn } from '../flags.ts'
import { leftOutOnKernel, notOnKernel } from '../kernels.ts'
import { type Asked as Patches, withPatches } from '../patches.ts'

type QuestionAsked = {
  readonly scenario: Scenario
  readonly names: string | undefined
  readonly says: readonly string[]
}

/** A scenario with the kernels that were named as variants, to show a patch beside its base. */
function withKernels(asked: Scenario, names: string | undefined): Scenario {
  if (names === undefined || asked.kind !== 'vm') return asked
  const isOwn = (name: string) => asked.variants.some((variant) => variant.name === name)
  const kernels = namesIn(names).flatMap((name) =>
    isOwn(name) ? [] : (VERSIONS.find((one) => one.name === name) ?? []),
  )
  for (const kernel of kernels) refuseOlder(kernel, asked.name)
  return { ...asked, variants: [...asked.variants, ...[...new Set(kernels)].map(asVariant)] }
}

/** A scenario with the named patches, on the requested kernel. */
export function questionOf(asked: Scenario, { names, own }: Patches, kernel: Version | undefined): QuestionAsked {
  if (kernel === undefined) return { scenario: withPatches(withKernels(asked, names), own), names, says: [] }
  const { scenario, refused, names: ownNames } = scenarioOn(asked, kernel)
  const given = names === undefined ? [] : namesIn(names)
  const wrong = given.find((name) => Object.hasOwn(refused, name))
  if (wrong !== undefined) throw notOnKernel(refused[wrong]!)
  const kind = (name: string) => asked.variants.find((variant) => variant.name === name)!.kind
  const unnamed = Object.keys(refused).filter((name) =>
    names === undefined
      ? asked.headline.includes(name)
      : (names === 'all' && kind(name) === 'good') || (names === 'broken' && kind(name) === 'broken'),
  )
  const left = leftOutOnKernel(Object.fromEntries(unnamed.map((name) => [name, refused[name]!])), kernel.name)
  return {
    scenario: withPatches(scenario, own),
    names: names ?? ownNames.join(','),
    says: left === undefined ? [] : [left],
  }
}

export function scenariosOf(names: string | undefined): Scenario[] {
  if (names === undefined) return [...HEADLINES]
  return namesIn(names).map((name) => {
    const scenario = SCENARIOS.find((candidate) => candidate.name === name)
    if (scenario !== undefined) return scenario
    throw new FaultlineError('UNKNOWN_SCENARIO', 'usage', `there is no scenario '${name}'`, {
      hint: nearestText(
        name,
        SCENARIOS.map((candidate) => candidate.name),
      ),
    })
  })
}

/**
 * The variants to run, in groups that are compared with each other. A broken variant forms its own group: its question
 * is whether the violation is observed, under the load that shows it soonest.
 */
export function wantedOf(scenario: Scenario, names: string | undefined): (readonly string[])[] {
  const of = (kind: 'good' | 'broken') => scenario.variants.filter((each) => each.kind === kind).map(({ name }) => name)
  if (names === undefined) return [scenario.mail === null ? of('good') : scenario.headline]
  if (names === 'all') return [of('good')]
  const asked = names === 'broken' ? of('broken') : namesIn(names)
  const good = asked.filter((name) => !of('broken').includes(name))
  const broken = asked.filter((name) => of('broken').includes(name))
  return [...(good.length === 0 ? [] : [good]), ...broken.map((name) => [name])]
}
