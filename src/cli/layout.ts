import { taskOf } from '../bench/load.ts'
import type { Group } from '../bench/plan.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { systemOf } from '../patches/load.ts'
import { layoutText } from '../shared-memory/place.ts'
import { buildSystem } from '../workers/system.ts'
import type { Plan } from './bench-plan.ts'

/** The layout of the words of a plan's systems: one table for each scenario and load, with its first variant. */
export async function layoutsOf({ groups, options }: Plan): Promise<string> {
  const layouts = groups.map(async (group) => `${titleOf(group)}\n\n${await layoutOf(group, options)}`)
  return (await Promise.all(layouts)).join('\n\n')
}

const titleOf = ({ scenario, crew, variants }: Group) =>
  `${scenario.name} ${variants[0]!.name}: ${crew.vcpus} vCPUs, ${crew.notifiers} notifiers, ${crew.zappers} zappers; lines of 128 bytes, offsets in bytes`

async function layoutOf(group: Group, plan: Plan['options']): Promise<string> {
  const { scenario } = group
  if (scenario.kind !== 'vm') {
    throw new FaultlineError('NO_LAYOUT', 'usage', `${scenario.name} has no VM whose words could be shown`, {
      hint: 'Use --layout with -s precheck, or another scenario that has a VM.',
    })
  }
  const variant = group.variants[0]!
  const instruments = { oracles: plan.oracles, recorder: true, lockStatistics: true, lockdep: false }
  const { system } = taskOf(group, variant, plan, plan.seed, instruments)
  return layoutText(buildSystem(await systemOf(system, 'stepped')).place)
}
