import type { Profile, ProfileParameter } from '../model/profile.ts'
import { BROADCAST, WORK } from '../protocols/costs.ts'
import type { Host } from './result.ts'

/** How far a primitive's cost moves on one host from one moment to the next: frequency, neighbours, cold caches. */
const SPREAD = 1.3
/** Of a hand-over of one word by turns, what is the journey of the line; the rest is dropping the other's copy. */
const JOURNEY = 0.75

/** What `calibrate` writes: a machine for the model, and everything that was measured for it. */
export type HostProfile = Profile & {
  readonly createdAt: string
  readonly measured: Readonly<Record<string, number>>
}

/** The profile of the host that was calibrated. What is not re-created by the threads is what they were told it costs. */
export function hostProfile(host: Host, cores: number, costs: Readonly<Record<string, number>>): HostProfile {
  const handOver = costs.spin_hand_over_ns ?? 100
  const journey = measured(handOver * JOURNEY, 'spin_hand_over_ns')
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
      load_ns: measured(costs.atomics_load_ns ?? 1, 'atomics_load_ns'),
      store_ns: measured(costs.atomics_store_ns ?? 8, 'atomics_store_ns'),
      rmw_ns: measured(costs.atomics_add_ns ?? 8, 'atomics_add_ns'),
      fence_ns: { ...measured(0, 'every access is a full barrier'), class: 'P' },
      c2c_smt_ns: journey,
      c2c_cluster_ns: journey,
      c2c_socket_ns: journey,
      c2c_remote_ns: journey,
      upgrade_ns: measured(handOver * (1 - JOURNEY), 'spin_hand_over_ns'),
      switch_ns: measured(costs.sleep_hand_over_ns ?? 5000, 'sleep_hand_over_ns'),
      ...Object.fromEntries(told),
    },
  }
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
