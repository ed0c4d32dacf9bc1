import { COUNTERS, type CounterName } from '../../protocols/counters.ts'
import { type Metrics, per, type Tally } from './tally.ts'

/** A fault on an obsolete root is stale under mmu_lock, and also counted as that: see countStale(). */
const ALSO_STALE: CounterName = 'retry_obsolete_root'
const RETRIES = COUNTERS.filter((name) => name.startsWith('retry_') && name !== ALSO_STALE)
const OF_INVALIDATIONS: readonly CounterName[] = [
  'retry_precheck_before_pfn',
  'retry_precheck_after_pfn',
  'retry_stale_locked',
]
const RETRIES_ELSEWHERE = RETRIES.filter((name) => !OF_INVALIDATIONS.includes(name))

/** Faults of vCPUs, and unmaps of all other workers. */
export const faultMetrics = (all: Tally): Metrics => ({
  ...metricsOfVcpus(all.of('vcpu')),
  ...metricsOfUnmaps(all.except('vcpu')),
})

function metricsOfVcpus(vcpus: Tally): Metrics {
  if (vcpus.cpus.length === 0) return {}
  const perSecond = vcpus.rate('pf_fixed', 'pf_spurious')
  return {
    faults_per_second: perSecond,
    faults_per_second_per_vcpu: perSecond / vcpus.cpus.length,
    ...per(vcpus.sum('pf_fixed', 'pf_spurious'), (faults) => ({
      retries_per_fault: vcpus.sum(...RETRIES) / faults,
      retries_before_pfn_per_fault: vcpus.sum('retry_precheck_before_pfn') / faults,
      retries_after_pfn_per_fault: vcpus.sum('retry_precheck_after_pfn') / faults,
      retries_under_lock_per_fault: vcpus.sum('retry_stale_locked') / faults,
      retries_elsewhere_per_fault: vcpus.sum(...RETRIES_ELSEWHERE) / faults,
    })),
  }
}

function metricsOfUnmaps(unmappers: Tally): Metrics {
  return per(unmappers.sum('unmap_gfn_range_calls'), (unmaps) => ({
    unmaps_per_second: unmappers.rate('unmap_gfn_range_calls'),
    flushes_per_unmap: unmappers.sum('remote_tlb_flush_requests') / unmaps,
    yields_per_unmap: unmappers.sum('yield_needbreak', 'yield_need_resched') / unmaps,
  }))
}
