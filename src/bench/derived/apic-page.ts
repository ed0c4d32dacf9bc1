import { type Metrics, per, type Tally } from './tally.ts'

/** Moves of the APIC-access page, and what each cost each vCPU. */
export function apicMetrics(all: Tally): Metrics {
  const migrators = all.of('apic-migrator')
  const vcpus = all.of('vcpu')
  if (migrators.cpus.length === 0) return {}
  const moved = migrators.sum('apic_migrations')
  const refused = migrators.sum('apic_migrations_refused')
  return {
    apic_migrations_per_second: migrators.rate('apic_migrations'),
    guest_accesses_per_second: vcpus.rate('guest_accesses'),
    ...per(moved + refused, (tries) => ({ apic_migrations_refused_share: refused / tries })),
    ...per(moved * vcpus.cpus.length, (times) => ({
      apic_reload_attempts_per_migration: vcpus.sum('apic_reload_attempts') / times,
      apic_rerequests_per_migration: vcpus.sum('apic_reload_rerequests') / times,
      entries_cancelled_per_migration: vcpus.sum('entry_cancelled_pending_request') / times,
      ...flushMetrics(vcpus, times),
    })),
  }
}

const flushMetrics = (vcpus: Tally, times: number): Metrics => ({
  tlb_flushes_per_migration: vcpus.sum('tlb_flush', 'tlb_flush_local_current') / times,
  tlb_flushes_local_per_migration: vcpus.sum('tlb_flush_local_current') / times,
  tlb_flushes_redundant_per_migration: vcpus.sum('flush_redundant') / times,
})
