import { METRICS } from '../metrics.ts'
import type { Metric, Run, TrialRow } from '../result.ts'
import { median, medianInterval } from '../statistics.ts'
import { disordered, isNear, unequal, unless } from './claims.ts'

/** Every summary of a metric from the trials that it is of. */
export function metricFaults(run: Run): string[] {
  const { metrics, trials } = run
  const names = new Set(trials.flatMap((trial) => Object.keys(trial.metrics)))
  const lost = [...names].filter((name) => !Object.hasOwn(metrics, name))
  return [
    ...Object.entries(metrics).flatMap(([name, metric]) => summaryFaults(run, name, metric)),
    ...lost.map((name) => `${name}: trials have it, but the summary does not`),
    ...trials.flatMap((trial) => trialFaults(run, trial).map((says) => `trial ${trial.index}: ${says}`)),
  ]
}

function summaryFaults({ kind, trials }: Run, name: string, metric: Metric): string[] {
  const values = trials.flatMap((trial) => (Object.hasOwn(trial.metrics, name) ? trial.metrics[name]! : []))
  if (values.length === 0) return [`${name}: no trial has it`]
  const [low, high] = medianInterval(values)
  const isExact = kind === 'modelled'
  return [
    ...unequal(`${name}: n`, metric.n, values.length),
    ...unequal(`${name}: median`, metric.median, median(values)),
    ...unequal(`${name}: interval from`, metric.ci95[0], low),
    ...unequal(`${name}: interval to`, metric.ci95[1], high),
    ...kindFaults(name, metric),
    ...unless(isExact === (metric.assume === 'exact'), `${name}: assume is ${metric.assume}, of a run that is ${kind}`),
  ]
}

/** A metric that a newer version of this program may know is nothing to complain about. */
function kindFaults(name: string, { unit, better }: Metric): string[] {
  const known = Object.entries(METRICS).find(([metric]) => metric === name)?.[1]
  if (known === undefined || (known.unit === unit && known.better === better)) return []
  return [`${name}: is in ${unit}, better ${better}; this program says ${known.unit}, better ${known.better}`]
}

/** Metrics of one trial that say the same in another way, or are parts of each other. */
function trialFaults({ params }: Run, { metrics, durationNs }: TrialRow): string[] {
  const of = (name: string) => (Object.hasOwn(metrics, name) ? metrics[name] : undefined)
  const alike = (name: string, what: string, other: number | undefined) => {
    const stated = of(name)
    if (stated === undefined || other === undefined || Number.isNaN(other)) return []
    return unless(isNear(stated, other), `${name} is ${stated}, by ${what} it is ${other}`)
  }
  const inverse = (value: number | undefined, many = 1) => (value === undefined ? undefined : (many * 1e9) / value)
  const vcpus = Number(params.vcpus)
  const each = of('faults_per_second_per_vcpu')
  const parts = PARTS_OF_RETRIES.map(of)
  const sum = parts.every((part) => part !== undefined) ? parts.reduce((all, part) => all + part, 0) : undefined
  return [
    ...Object.entries(metrics).flatMap(([name, value]) => rangeFaults(name, value)),
    ...alike('elapsed_ns', 'its duration', durationNs),
    ...alike('faults_per_second', 'those of each vCPU', each === undefined ? undefined : each * vcpus),
    ...alike('retries_per_fault', 'its parts', sum),
    ...alike('ns_per_operation', 'operations_per_second', inverse(of('operations_per_second'))),
    ...alike('operation_ns', 'operations_per_second', inverse(of('operations_per_second'), vcpus)),
    ...RISING.flatMap((names) => {
      const known = names.flatMap((name) => (of(name) === undefined ? [] : [[name, of(name)!] as const]))
      return disordered('figures', known)
    }),
  ]
}

const PARTS_OF_RETRIES = [
  'retries_before_pfn_per_fault',
  'retries_after_pfn_per_fault',
  'retries_under_lock_per_fault',
  'retries_elsewhere_per_fault',
]

const percentiles = (name: string) => ['p50', 'p99', 'p999', 'max'].map((at) => `${name}_${at}_ns`)
/** Percentiles of one histogram, and parts that are no more than their whole. */
const RISING: readonly (readonly string[])[] = [
  ...[
    'fault_latency',
    'nx_fault_latency',
    'icache_inval',
    'neighbour_fault_latency',
    'guest_icache',
    'apic_stall',
    'memslot_update_wait',
    'invalidation_latency',
  ].map(percentiles),
  ['tlb_flushes_local_per_reload', 'tlb_flushes_per_reload'],
  ['tlb_flushes_redundant_per_reload', 'tlb_flushes_per_reload'],
]

function rangeFaults(name: string, value: number): string[] {
  const isShare = /_share(_|$)|^jain_fairness$/.test(name) && name !== 'waited_for_cpu_share'
  return [
    ...unless(Number.isFinite(value) && value >= 0, `${name} is ${value}, which is not a valid figure`),
    ...unless(!isShare || value <= 1 + 1e-9, `${name} is ${value}, more than the whole`),
  ]
}
