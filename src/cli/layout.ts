import { loadOf } from '../bench/load.ts'
import type { Group } from '../bench/plan.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import type { VariantName } from '../protocols/catalogue.ts'
import { layoutText } from '../shared-memory/place.ts'
import { buildSystem } from '../workers/system.ts'
import type { Plan } from './bench-plan.ts'

/** Where the words of a plan's systems lie: one table for each scenario and load, of its first variant. */
export const layoutsOf = ({ groups, options }: Plan): string =>
  groups.map((group) => `${titleOf(group)}\n\n${layoutOf(group, options)}`).join('\n\n')

const titleOf = ({ scenario, crew, variants }: Group) =>
  `${scenario.name} ${variants[0]!.name}: ${crew.vcpus} vCPUs, ${crew.notifiers} notifiers, ${crew.zappers} zappers; lines of 128 bytes, offsets in bytes`

function layoutOf(group: Group, plan: Plan['options']): string {
  const { scenario } = group
  if (scenario.kind !== 'vm') {
    throw new FaultlineError('NO_LAYOUT', 'usage', `${scenario.name} has no VM whose words could be shown`, {
      hint: 'Use --layout with -s precheck, or another scenario that has a VM.',
    })
  }
  const variant = group.variants[0]!
  const instruments = { oracles: plan.oracles, recorder: true, lockStatistics: true, lockdep: false }
  const { system, roles } = loadOf(group, scenario, plan, plan.seed, instruments, variant)
  const { place } = buildSystem({
    ...system,
    ...instruments,
    variant: variant.protocol ?? (variant.name as VariantName),
    cpus: roles.length,
  })
  return layoutText(place)
}
