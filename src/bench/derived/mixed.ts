import { type Metrics, per, type Tally } from './tally.ts'

/** The progress of the guest, if roles besides faults disturb it: any of these roles stops it. */
export const guestMetrics = (all: Tally): Metrics =>
  per(all.of('apic-migrator', 'dirty-logger', 'memslot-updater', 'nx-recovery').cpus.length, () => ({
    guest_accesses_per_second: all.of('vcpu').rate('guest_accesses'),
  }))
