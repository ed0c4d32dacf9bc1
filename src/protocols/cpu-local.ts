import type { Gfn } from '../shared-memory/addresses.ts'
import type { PageTables } from '../shared-memory/page-tables/page-tables.ts'
import { TdpIter } from '../shared-memory/page-tables/tdp-iter.ts'

/** Private state of a CPU while it runs a protocol; no other CPU reads it. */
export class CpuLocal {
  /** Times, which need not be whole numbers. */
  static readonly FRACTIONS: readonly string[] = ['reschedAtNs', 'withoutReschedNs']

  readonly iter: TdpIter
  /** The vCPUs that the IPI round under way has reached. */
  readonly ipiTargets: Int32Array
  /** mmu_lock is held for a stage-2 fault. For the oracle: the kernel keeps it in the preemption count. */
  isAtomic = false
  /** In an invalidation that may not block. For the oracle. */
  mustNotBlock = false
  /** When the scheduler last had the chance to take the CPU, in a change of memory attributes, and the longest time without; -1: none is under way. */
  reschedAtNs = -1
  withoutReschedNs = 0
  /** SPTEs were zapped since the last flush. For the oracle; the protocol carries its own `flush`. */
  pendingFlush = false
  /** Where the walk yielded last, according to the oracle. */
  lastYieldGfn = -1 as Gfn
  /** Gfns near which a walk was interrupted: the likeliest to be skipped. */
  readonly suspects: Int32Array = new Int32Array(16).fill(-1)
  suspect = 0
  /** `suspects` of the invalidation under way begin here. */
  seed = 1

  constructor(tables: PageTables, vcpus: number) {
    this.iter = new TdpIter(tables)
    this.ipiTargets = new Int32Array(vcpus)
  }
}
