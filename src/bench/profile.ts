import { type Profile, type ProfileParameter, withValues } from '../model/profile.ts'
import { BROADCAST, WORK, WORK_KIND } from '../protocols/costs.ts'
import type { Host } from './result.ts'

/** The factor by which a primitive's cost varies on one host: frequency, neighbours, cold caches. */
const SPREAD = 1.3
/** The share of a hand-over by turns that the line takes to travel; the rest is dropping the other's copy. */
const JOURNEY = 0.75

const GUEST_ACCESS_NS = WORK[WORK_KIND.guest_access]!.ns

/** The output of `calibrate`: a machine for the model, and every measurement behind it. */
export type HostProfile = Profile & {
  readonly createdAt: string
  readonly measured: Readonly<Record<string, number>>
}

/** The profile of the calibrated host. Costs that the threads do not re-create have the values that the threads were given. */
export function hostProfile(host: Host, cores: number, costs: Readonly<Record<string, number>>): HostProfile {
  const load = costs.atomics_load_ns ?? 1
  const access = costs.guest_access_ns ?? 0
  const told = [...WORK, ...BROADCAST].map(({ name, ns, source }): [string, ProfileParameter] => [
    `cost.${name}_ns`,
    { value: ns, unit: 'ns', low: ns / 2, high: ns * 2, class: 'E', source },
  ])
  return {
    schema: 'faultline.profile',
    version: 1,
    name: 'host',
    cpu: host.cpu,
    inherit: 'epyc-milan-2s',
    createdAt: new Date().toISOString(),
    measured: costs,
    parameters: {
      cpus: counted(cores),
      sockets: counted(1),
      threads_per_core: counted(1),
      cluster_cores: counted(1),
      load_ns: measured(load, 'atomics_load_ns'),
      store_ns: measured(costs.atomics_store_ns ?? 8, 'atomics_store_ns'),
      rmw_ns: measured(costs.atomics_add_ns ?? 8, 'atomics_add_ns'),
      fence_ns: { ...measured(0, 'every access is a full barrier'), class: 'P' },
      ...Object.fromEntries(
        Object.entries(handOverCosts(costs.spin_hand_over_ns ?? 100)).map(([name, ns]) => [
          name,
          measured(ns, 'spin_hand_over_ns'),
        ]),
      ),
      switch_ns: measured(costs.sleep_hand_over_ns ?? 5000, 'sleep_hand_over_ns'),
      guest_loop_ns: measured(
        Math.max(0, access - GUEST_ACCESS_NS - load),
        'guest_access_ns, less what it is told to cost, and a load',
      ),
      ...Object.fromEntries(told),
    },
  }
}

/** The same host while its CPUs are so far apart: one that is virtual itself does not keep them where they are. */
export const withHandOver = (profile: Profile, ns: number): Profile =>
  withValues(profile, handOverCosts(ns), 'hand_over_ns of trials')

function handOverCosts(ns: number): Record<string, number> {
  const journey = ns * JOURNEY
  const levels = { c2c_smt_ns: journey, c2c_cluster_ns: journey, c2c_socket_ns: journey, c2c_remote_ns: journey }
  return { ...levels, upgrade_ns: ns - journey }
}

const measured = (value: number, name: string): ProfileParameter => {
  return {
    value,
    unit: 'ns',
    low: value / SPREAD,
    high: value * SPREAD,
    class: 'M',
    source: `faultline calibrate: ${name}`,
  }
}

const counted = (value: number): ProfileParameter => {
  return { value, unit: '1', low: value, high: value, class: 'M', source: 'faultline calibrate' }
}
