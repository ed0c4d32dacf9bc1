import { type Metrics, per, type Tally } from './tally.ts'

/** What the guest gets done, where it is disturbed by more than faults: any of these roles makes it stop. */
export const guestMetrics = (all: Tally): Metrics =>
  per(all.of('apic-migrator', 'dirty-logger', 'memslot-updater', 'nx-recovery').cpus.length, () => ({
    guest_accesses_per_second: all.of('vcpu').rate('guest_accesses'),
  }))
