import type { RwLock } from '../shared-memory/locks/lock.ts'
import type { Place } from '../shared-memory/place.ts'

/** The number of CPUs of a VM; the vCPUs come first. */
export type CpuCounts = { readonly cpus: number; readonly vcpus: number }

/** The parts of a patch other than functions, as a VM and a result see them. */
export type Brought = {
  readonly counters: readonly string[]
  readonly oracles: readonly { readonly name: string; readonly says: string }[]
  /** Instead of the kernel's; `cpus`: how many CPUs may ever take it; `nodeOf`: the NUMA node of each. */
  readonly mmuLock?: (place: Place, cpus: number, nodeOf: (cpu: number) => number) => RwLock
  /** Private words of the patch. They are placed in the VM, with the initial value 0. */
  readonly place?: (place: Place, counts: CpuCounts) => unknown
}
