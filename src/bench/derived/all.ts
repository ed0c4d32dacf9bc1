import { agingMetrics } from './aging.ts'
import { apicMetrics } from './apic-page.ts'
import { attributeMetrics } from './attributes.ts'
import { dirtyLogMetrics } from './dirty-log.ts'
import { elisionMetrics } from './elision.ts'
import { scalingMetrics } from './fault-scaling.ts'
import { faultMetrics } from './faults.ts'
import { icacheMetrics } from './icache.ts'
import { guestMetrics } from './mixed.ts'
import { nxRecoveryMetrics } from './nx-recovery.ts'
import { pfnCacheMetrics } from './pfncache.ts'
import type { Metrics, Tally } from './tally.ts'

/** The metrics of each system from the counters of a throughput trial; empty if the system did not run. */
const DERIVED: readonly ((all: Tally) => Metrics)[] = [
  faultMetrics,
  guestMetrics,
  icacheMetrics,
  elisionMetrics,
  apicMetrics,
  dirtyLogMetrics,
  nxRecoveryMetrics,
  agingMetrics,
  attributeMetrics,
  pfnCacheMetrics,
  scalingMetrics,
]

export const derivedMetrics = (all: Tally): Metrics => Object.assign({}, ...DERIVED.map((derive) => derive(all)))
