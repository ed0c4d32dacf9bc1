import { LATENCIES, lacksSamples } from '../derived/latencies.ts'
import type { Run, TrialRow } from '../result.ts'
import { unless } from './claims.ts'

const FAULTS = ['pf_fixed', 'pf_spurious']
const RETRIES = ['', '_before_pfn', '_after_pfn', '_under_lock', '_elsewhere'].map((at) => `retries${at}_per_fault`)
const UNMAPS = ['unmaps_per_second', 'flushes_per_unmap', 'yields_per_unmap']
const RELOADS = ['apic_tries_per_reload', 'apic_rerequests_per_reload', 'entries_cancelled_per_reload']

/** Metrics that are derived together: a trial has all of them, or none. */
const TOGETHER: readonly (readonly string[])[] = [
  ['faults_per_second', 'faults_per_second_per_vcpu'],
  RETRIES,
  UNMAPS,
  RELOADS,
  ['invalidations_per_second', 'mmu_lock_per_invalidation', 'elided_share'],
  ['mmu_lock_contended_share', 'mmu_lock_hold_max_ns'],
  ['mmu_lock_waits_per_fault', 'mmu_lock_wait_total_ns'],
]

/** The metrics of a throughput trial that counted any of these. */
const COUNTED: readonly { readonly of: readonly string[]; readonly metrics: readonly string[] }[] = [
  { of: ['unmap_gfn_range_calls'], metrics: UNMAPS },
  { of: ['apic_reloads'], metrics: RELOADS },
  { of: ['guest_resets'], metrics: ['guest_boots_per_second'] },
  { of: ['apic_migrations'], metrics: ['apic_migrations_per_second'] },
]

/** Figures that what else is there calls for, and that are not there. */
export function presenceFaults(run: Run): string[] {
  return [
    ...run.trials.flatMap((trial) => lackedBy(trial).map((name) => `trial ${trial.index} has no ${name}`)),
    ...LATENCIES.flatMap(({ histogram, metric }) => {
      const isOwed = Object.hasOwn(run.histograms, histogram) && !lacksSamples(metric, run.histograms)
      const isThere = run.trials.some(({ metrics }) => Object.hasOwn(metrics, metric))
      return unless(!isOwed || isThere, `${metric}: a ${histogram} exists, but no trial has the metric`)
    }),
    ...unless(
      run.trials.length === 0 ||
        !run.locks.some(({ name }) => name === 'mmuLock') ||
        run.trials.some(({ metrics }) => Object.hasOwn(metrics, 'mmu_lock_contended_share')),
      'mmu_lock_contended_share: mmuLock has a row, but no trial has it',
    ),
  ]
}

function lackedBy({ mode, metrics, counters = {} }: TrialRow): string[] {
  const has = (name: string) => Object.hasOwn(metrics, name)
  const isCounted = (names: readonly string[]) => names.some((name) => (counters[name] ?? 0) > 0)
  const owed = [
    ...TOGETHER.filter((names) => names.some(has)).flat(),
    ...(mode === 'throughput' && has('faults_per_second') && isCounted(FAULTS) ? RETRIES : []),
    ...(mode === 'throughput' ? COUNTED.filter(({ of }) => isCounted(of)).flatMap((each) => each.metrics) : []),
    ...(mode === 'throughput' && Object.keys(counters).length > 0 ? ['elapsed_ns'] : []),
    ...(Object.keys(counters).length > 0 ? ['waited_for_cpu_share'] : []),
  ]
  return [...new Set(owed)].filter((name) => !has(name))
}
