import { BROADCAST, WORK } from '../protocols/costs.ts'

/** What a parameter of a machine is, and what it may be. */
export type ParameterKind = {
  readonly unit: string
  readonly says: string
  readonly least: number
  /** More than this is a slip of the keyboard: it would take the model's memory, or all digits of its time. */
  readonly most: number
  readonly isWhole?: true
}

/** A second. */
const MOST_NS = 1e9
const MOST_COUNT = 4096
const ns = (says: string): ParameterKind => ({ unit: 'ns', says, least: 0, most: MOST_NS })
const count = (says: string): ParameterKind => ({ unit: '1', says, least: 1, most: MOST_COUNT, isWhole: true })

/** What every machine must say of itself. */
export const PARAMETERS: Readonly<Record<string, ParameterKind>> = {
  cpus: count('logical CPUs, numbered as Linux does: cores of the first socket, of the next, then second threads'),
  sockets: count('sockets'),
  threads_per_core: count('threads of a core'),
  cluster_cores: count('cores that share a cache, or a port of the mesh'),
  load_ns: ns('load of a line that is here'),
  store_ns: ns('store to a line that is here'),
  rmw_ns: ns('read-modify-write of a line that is here'),
  fence_ns: ns('full barrier with no store under way'),
  pause_ns: ns('one cpu_relax()'),
  c2c_smt_ns: ns('line from the other thread of the core'),
  c2c_cluster_ns: ns('line from another core of the cluster'),
  c2c_socket_ns: ns('line from another cluster of the socket'),
  c2c_remote_ns: ns('line from another socket'),
  shared_read_ns: ns('how long one more reader of a shared line keeps it from the next'),
  upgrade_ns: ns('write to a line of which others have copies, too: until they have dropped them'),
  memory_ns: ns('line that no cache has'),
  l2_kb: { unit: 'KB', says: 'second-level cache of a core', least: 1, most: 1e6, isWhole: true },
  dvm_window: count('operations that a CPU has queued in the DVM domain at a time'),
  dvm_stall_ns: ns('what each operation of the DVM domain costs every CPU'),
  ipi_fabric_ns: ns('how long an IPI keeps other CPUs from sending one'),
  bandwidth_gbps: { unit: 'GB/s', says: 'memory bandwidth of all CPUs together', least: 0, most: 1e6 },
  smt_slowdown: { unit: '1', says: 'how much longer work takes while the other thread works too', least: 1, most: 100 },
  work_variation: {
    unit: '1',
    says: 'standard deviation of a path that is paid for, relative to its mean',
    least: 0,
    most: 1,
  },
  slice_ms: {
    unit: 'ms',
    says: 'time slice of a CPU when there are more of them than the machine has',
    least: 0.001,
    most: 1e6,
  },
  switch_ns: ns('context switch, or wake-up of a sleeper'),
  lock_holder_preemption: {
    unit: '1',
    says: '1: the holder of a lock can lose its core, as under a hypervisor; 0: it is not preempted',
    least: 0,
    most: 1,
    isWhole: true,
  },
}

/** What a machine may say: what paths cost that are not re-created here. Whatever it leaves out is the protocols' default. */
export const COSTS: Readonly<Record<string, ParameterKind & { readonly ns: number }>> = Object.fromEntries(
  [...WORK, ...BROADCAST].map((cost) => [`cost.${cost.name}_ns`, { ...ns(cost.source), ns: cost.ns }]),
)

/** All that a machine may leave out, with what it costs then. */
export const OPTIONAL: typeof COSTS = {
  ...COSTS,
  guest_loop_ns: { ...ns('what a guest that is played by a program costs for each access, besides its steps'), ns: 0 },
}

export const kindOf = (name: string): ParameterKind | undefined =>
  [PARAMETERS, OPTIONAL].find((known) => Object.hasOwn(known, name))?.[name]
