import { createHash } from 'node:crypto'
import { ProfileError } from '../errors/faultline-error.ts'
import { Random } from '../workers/random.ts'
import { COSTS, kindOf, OPTIONAL, PARAMETERS } from './parameters.ts'
import type { Profile, ProfileParameter } from './profile.ts'

/** A cost, or a group of them, and by what it is multiplied. */
export type Scaling = { readonly cost: string; readonly scale: number }

/** What a question like "what if flushes cost nothing" means. */
const COST_GROUPS: Readonly<Record<string, readonly string[]>> = {
  flush: [
    'ipi_fabric_ns',
    'cost.ipi_ns',
    'cost.ipi_delivery_ns',
    'cost.tlb_flush_ns',
    'cost.tlbi_ns',
    'cost.dsb_ish_ns',
  ],
  icache: ['cost.ic_ivau_ns', 'cost.ic_ialluis_ns', 'dvm_stall_ns'],
  coherence: [
    'c2c_smt_ns',
    'c2c_cluster_ns',
    'c2c_socket_ns',
    'c2c_remote_ns',
    'shared_read_ns',
    'upgrade_ns',
    'memory_ns',
  ],
  bandwidth: ['cost.clear_page_ns'],
  exit: ['cost.exit_entry_ns'],
  work: Object.keys(COSTS),
}

/** The machine with some costs multiplied. */
export function scaled(profile: Profile, scalings: readonly Scaling[]): Profile {
  let parameters = profile.parameters
  for (const { cost, scale } of scalings) {
    const changed = namesOf(cost).map((name): [string, ProfileParameter] => {
      const own = parameters[name] ?? defaultOf(name)
      const { most } = kindOf(name)!
      if (own.high * scale > most) {
        throw new ProfileError(`${name} times ${scale} is more than ${most}`, 'Scale it by less.')
      }
      return [name, { ...own, value: own.value * scale, low: own.low * scale, high: own.high * scale }]
    })
    parameters = { ...parameters, ...Object.fromEntries(changed) }
  }
  return { ...profile, parameters }
}

/** The parameters that a cost stands for; throws if there is no such cost. */
export function namesOf(cost: string): readonly string[] {
  if (Object.hasOwn(COST_GROUPS, cost)) return COST_GROUPS[cost]!
  const name = [cost, `${cost}_ns`, `cost.${cost}_ns`].find((candidate) => kindOf(candidate)?.unit === 'ns')
  if (name !== undefined) return [name]
  throw new ProfileError(
    `there is no cost '${cost}' to scale`,
    `Name one of ${Object.keys(COST_GROUPS).join(', ')}, or a parameter of the machine in ns, such as c2c_socket.`,
  )
}

/** A cost that no profile says is the protocols' default, known to a factor of two. */
function defaultOf(name: string): ProfileParameter {
  const { ns, says } = OPTIONAL[name]!
  return { value: ns, unit: 'ns', low: ns / 2, high: ns * 2, class: 'E', source: says }
}

/**
 * A machine that could as well be the one of the profile: every parameter at some value of its range. Half of the draws are
 * below the value and half above, as ranges need not be even. Counts stay as they are: they are no costs. Each parameter is drawn by its
 * name, so that one more changes the draws of none of the others.
 */
export function drawn(profile: Profile, seed: number): Profile {
  const names = [...new Set([PARAMETERS, COSTS, profile.parameters].flatMap(Object.keys))].sort()
  const parameters = names.flatMap((name): [string, ProfileParameter][] => {
    const random = new Random(createHash('sha256').update(`${seed} ${name}`).digest().readInt32LE())
    const isAbove = random.below(2) === 1
    const share = random.next() / 2 ** 32
    const own = profile.parameters[name] ?? defaultOf(name)
    if (kindOf(name)!.isWhole) return [[name, own]]
    const value = own.value + ((isAbove ? own.high : own.low) - own.value) * share
    return [[name, { ...own, value }]]
  })
  return { ...profile, parameters: Object.fromEntries(parameters) }
}
