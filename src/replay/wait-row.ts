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
