import { BROADCAST, WORK, WORK_KIND } from '../protocols/costs.ts'
import type { Profile } from './profile.ts'

const PS = 1000

/** A profile's parameters as the machine computes with them: whole picoseconds and counts. */
export type Costs = {
  readonly cpus: number
  readonly sockets: number
  readonly threadsPerCore: number
  readonly clusterCores: number
  readonly load: number
  readonly store: number
  readonly change: number
  readonly fence: number
  readonly pause: number
  readonly toSibling: number
  readonly toCluster: number
  readonly toSocket: number
  readonly toRemote: number
  readonly toMemory: number
  readonly upgrade: number
  /** The smallest of these: no action of another CPU can be observed sooner. */
  readonly toNearest: number
  /** The time that each further reader of a shared line adds for the next one. */
  readonly sharedRead: number
  /** The number of lines of which a CPU can hold copies, a power of two. */
  readonly copies: number
  readonly work: Float64Array
  /** Standard deviation of a unit of work, relative to its mean. */
  readonly workVariation: number
  readonly broadcast: Float64Array
  readonly dvmWindow: number
  /** The cost of an operation in the DVM domain for every CPU other than its issuer. */
  readonly dvmStall: number
  /** The time for which one IPI occupies the fabric. */
  readonly ipiFabric: number
  /** The number of CPUs that memory serves at full speed. */
  readonly streams: number
  /** The factor by which work takes longer while the other thread of the core works too. */
  readonly siblingSlowdown: number
  readonly slice: number
  readonly contextSwitch: number
  readonly preemptsLockHolders: boolean
}

export function costsOf(machine: Profile): Costs {
  const value = (name: string) => machine.parameters[name]!.value
  const ps = (name: string) => Math.round(value(`${name}_ns`) * PS)
  const kind = ({ name, ns }: { readonly name: string; readonly ns: number }) =>
    Math.round((machine.parameters[`cost.${name}_ns`]?.value ?? ns) * PS)
  const broadcast = Float64Array.from(BROADCAST, kind)
  const work = Float64Array.from(WORK, kind)
  work[WORK_KIND.guest_access]! += Math.round((machine.parameters.guest_loop_ns?.value ?? 0) * PS)
  return {
    cpus: value('cpus'),
    sockets: value('sockets'),
    threadsPerCore: value('threads_per_core'),
    clusterCores: value('cluster_cores'),
    load: ps('load'),
    store: ps('store'),
    change: ps('rmw'),
    fence: ps('fence'),
    pause: ps('pause'),
    toSibling: ps('c2c_smt'),
    toCluster: ps('c2c_cluster'),
    toSocket: ps('c2c_socket'),
    toRemote: ps('c2c_remote'),
    toMemory: ps('memory'),
    upgrade: ps('upgrade'),
    toNearest: Math.min(...levelsOf(value).map((level) => ps(`c2c_${level}`))),
    sharedRead: ps('shared_read'),
    copies: 1 << (31 - Math.clz32(Math.max(1, value('l2_kb') * 16))),
    work,
    workVariation: value('work_variation'),
    broadcast,
    dvmWindow: Math.max(1, Math.round(value('dvm_window'))),
    dvmStall: ps('dvm_stall'),
    ipiFabric: ps('ipi_fabric'),
    streams: streamsOf(value('bandwidth_gbps'), broadcast),
    siblingSlowdown: value('smt_slowdown'),
    slice: Math.round(value('slice_ms') * 1e9),
    contextSwitch: ps('switch'),
    preemptsLockHolders: value('lock_holder_preemption') !== 0,
  }
}

/** The distances that occur between CPUs of the machine. */
function levelsOf(value: (name: string) => number): string[] {
  return [
    ...(value('threads_per_core') > 1 ? ['smt'] : []),
    ...(value('cluster_cores') > 1 ? ['cluster'] : []),
    'socket',
    ...(value('sockets') > 1 ? ['remote'] : []),
  ]
}

/** All units of memory are pages of 4 KiB, so the speed of one CPU follows from the cost of a unit. */
function streamsOf(bandwidthGbps: number, broadcast: Float64Array): number {
  const ps = broadcast[BROADCAST.findIndex(({ name }) => name === 'clear_page')]!
  return Math.max(1e-6, (bandwidthGbps * ps) / PS / 4096)
}
