import type { RwLock } from '../shared-memory/locks/lock.ts'
import type { Place } from '../shared-memory/place.ts'

/** How many CPUs a VM is run by; the vCPUs come first. */
export type CpuCounts = { readonly cpus: number; readonly vcpus: number }

/** What a patch has besides functions, as a VM and a result look at it. */
export type Brought = {
  readonly counters: readonly string[]
  readonly oracles: readonly { readonly name: string; readonly says: string }[]
  /** Instead of the kernel's; `cpus`: how many CPUs may ever take it; `nodeOf`: the NUMA node of each. */
  readonly mmuLock?: (place: Place, cpus: number, nodeOf: (cpu: number) => number) => RwLock
  /** Words of its own. They lie in the VM, and begin as 0. */
  readonly place?: (place: Place, counts: CpuCounts) => unknown
}
