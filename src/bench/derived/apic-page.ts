import { type Metrics, per, type Tally } from './tally.ts'

/**
 * Moves of the APIC-access page, and what its reloads cost the vCPUs: for each reload and not for each move, as a vCPU that is not
 * running meanwhile answers several of them with one.
 */
export function apicMetrics(all: Tally): Metrics {
  const migrators = all.of('apic-migrator')
  if (migrators.cpus.length === 0) return {}
  const moved = migrators.sum('apic_migrations')
  const refused = migrators.sum('apic_migrations_refused')
  return {
    apic_migrations_per_second: migrators.rate('apic_migrations'),
    ...per(moved + refused, (tries) => ({ apic_migrations_refused_share: refused / tries })),
    ...metricsOfVcpus(all.of('vcpu')),
    ...metricsOfFlushes(all),
  }
}

const metricsOfVcpus = (vcpus: Tally): Metrics =>
  per(vcpus.sum('apic_reloads'), (reloads) => ({
    apic_tries_per_reload: vcpus.sum('apic_reload_attempts') / reloads,
    apic_rerequests_per_reload: vcpus.sum('apic_reload_rerequests') / reloads,
    entries_cancelled_per_reload: vcpus.sum('entry_cancelled_pending_request') / reloads,
  }))

/** Only where no worker flushes for another reason. */
function metricsOfFlushes(all: Tally): Metrics {
  const vcpus = all.of('vcpu')
  if (all.cpus.length > all.of('vcpu', 'apic-migrator').cpus.length) return {}
  return per(vcpus.sum('apic_reloads'), (reloads) => ({
    tlb_flushes_per_reload: vcpus.sum('tlb_flush', 'tlb_flush_local_current') / reloads,
    tlb_flushes_local_per_reload: vcpus.sum('tlb_flush_local_current') / reloads,
    tlb_flushes_redundant_per_reload: vcpus.sum('flush_redundant') / reloads,
  }))
}
