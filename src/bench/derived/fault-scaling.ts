import type { Metrics, Tally } from './tally.ts'

/** Operations on the page tables, of all CPUs together and as each of them sees it. */
export function scalingMetrics(all: Tally): Metrics {
  const scalers = all.of('scaler')
  const perSecond = scalers.rate('scaling_operations')
  if (!(perSecond > 0)) return {}
  return { operations_per_second: perSecond, operation_ns: (scalers.cpus.length * 1e9) / perSecond }
}
