import { HISTOGRAMS, type HistogramName } from '../../protocols/counters.ts'
import type { Histogram } from '../histograms.ts'
import type { MetricName } from '../metrics.ts'
import { samplesNeeded } from '../percentiles.ts'
import type { Metrics } from './tally.ts'

/** The percentiles that are metrics: those that a table shows, with their interval over the trials. */
export const LATENCIES: readonly {
  readonly histogram: HistogramName
  readonly percentile: number
  readonly metric: MetricName
}[] = [
  { histogram: 'fault_latency_ns', percentile: 50, metric: 'fault_latency_p50_ns' },
  { histogram: 'fault_latency_ns', percentile: 99, metric: 'fault_latency_p99_ns' },
  { histogram: 'fault_latency_ns', percentile: 99.9, metric: 'fault_latency_p999_ns' },
  { histogram: 'fault_latency_ns', percentile: 100, metric: 'fault_latency_max_ns' },
  { histogram: 'nx_fault_latency_ns', percentile: 99, metric: 'nx_fault_latency_p99_ns' },
  { histogram: 'nx_fault_latency_ns', percentile: 99.9, metric: 'nx_fault_latency_p999_ns' },
  { histogram: 'nx_fault_latency_ns', percentile: 100, metric: 'nx_fault_latency_max_ns' },
  { histogram: 'nx_refault_latency_ns', percentile: 50, metric: 'nx_refault_latency_p50_ns' },
  { histogram: 'nx_round_ns', percentile: 50, metric: 'nx_round_p50_ns' },
  { histogram: 'fault_response_ns', percentile: 99, metric: 'fault_response_p99_ns' },
  { histogram: 'invalidation_latency_ns', percentile: 50, metric: 'invalidation_latency_p50_ns' },
  { histogram: 'invalidation_latency_ns', percentile: 99, metric: 'invalidation_latency_p99_ns' },
  { histogram: 'aging_latency_ns', percentile: 50, metric: 'aging_latency_p50_ns' },
  { histogram: 'aging_latency_ns', percentile: 99, metric: 'aging_latency_p99_ns' },
  { histogram: 'attribute_change_ns', percentile: 50, metric: 'attribute_change_p50_ns' },
  { histogram: 'without_resched_ns', percentile: 100, metric: 'without_resched_max_ns' },
  { histogram: 'icache_inval_ns', percentile: 50, metric: 'icache_inval_p50_ns' },
  { histogram: 'icache_inval_ns', percentile: 99, metric: 'icache_inval_p99_ns' },
  { histogram: 'icache_inval_ns', percentile: 100, metric: 'icache_inval_max_ns' },
  { histogram: 'neighbour_fault_latency_ns', percentile: 50, metric: 'neighbour_fault_latency_p50_ns' },
  { histogram: 'neighbour_fault_latency_ns', percentile: 99, metric: 'neighbour_fault_latency_p99_ns' },
  { histogram: 'guest_icache_ns', percentile: 50, metric: 'guest_icache_p50_ns' },
  { histogram: 'guest_icache_ns', percentile: 99, metric: 'guest_icache_p99_ns' },
  { histogram: 'apic_stall_ns', percentile: 50, metric: 'apic_stall_p50_ns' },
  { histogram: 'apic_stall_ns', percentile: 99, metric: 'apic_stall_p99_ns' },
  { histogram: 'apic_stall_ns', percentile: 100, metric: 'apic_stall_max_ns' },
  { histogram: 'memslot_update_wait_ns', percentile: 50, metric: 'memslot_update_wait_p50_ns' },
  { histogram: 'memslot_update_wait_ns', percentile: 99, metric: 'memslot_update_wait_p99_ns' },
  { histogram: 'memslot_update_wait_ns', percentile: 100, metric: 'memslot_update_wait_max_ns' },
  { histogram: 'memslot_update_latency_ns', percentile: 50, metric: 'memslot_update_latency_p50_ns' },
  { histogram: 'vm_teardown_ns', percentile: 50, metric: 'vm_teardown_p50_ns' },
  { histogram: 'dirty_log_start_ns', percentile: 50, metric: 'dirty_log_start_p50_ns' },
  { histogram: 'dirty_log_get_ns', percentile: 50, metric: 'dirty_log_get_p50_ns' },
  { histogram: 'dirty_log_clear_ns', percentile: 50, metric: 'dirty_log_clear_p50_ns' },
  { histogram: 'dirty_log_stop_ns', percentile: 50, metric: 'dirty_log_stop_p50_ns' },
]

/** Whether a metric is a percentile of a histogram that has too few samples for it, over all trials of a run. */
export function lacksSamples(
  metric: string,
  histograms: Readonly<Record<string, { readonly count: number }>>,
): boolean {
  const latency = LATENCIES.find((each) => each.metric === metric)
  const count = latency === undefined ? undefined : histograms[latency.histogram]?.count
  return count !== undefined && count < samplesNeeded(latency!.percentile)
}

/** A percentile of 100 is the longest. */
export function latencyMetrics(histograms: ReadonlyMap<HistogramName, Histogram>): Metrics {
  const metrics: Partial<Record<MetricName, number>> = {}
  for (const name of HISTOGRAMS) {
    const wanted = LATENCIES.filter(({ histogram }) => histogram === name)
    const found = histograms.get(name)?.percentiles(...wanted.map(({ percentile }) => percentile))
    if (found !== undefined) for (const [index, { metric }] of wanted.entries()) metrics[metric] = found[index]!
  }
  return metrics
}
