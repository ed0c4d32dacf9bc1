/** A line of `perf lock contention`: how often a lock was waited for at one place, and for how long. */
export type WaitRow = {
  readonly waits: number
  readonly totalNs: number
  readonly maxNs: number
  readonly averageNs: number
  readonly kind: string
  readonly caller: string
  /** Who waits, where the table says it otherwise than by the caller. */
  readonly role?: 'vcpu' | 'notifier'
}

const OF_FAULTS = /page_fault|user_mem_abort|guest_abort|tdp_map|tdp_mmu_map|direct_map|handle_ept/
const OF_NOTIFIERS = /notifier|handle_hva_range|unmap_gfn/

/** The role that waits in a function of the kernel; undefined if its name does not show it. */
export function roleIn(caller: string): WaitRow['role'] {
  if (OF_NOTIFIERS.test(caller)) return 'notifier'
  return OF_FAULTS.test(caller) ? 'vcpu' : undefined
}
