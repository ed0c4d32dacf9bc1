import {
  COUNTER,
  COUNTERS,
  type CounterName,
  HISTOGRAMS,
  type HistogramName,
  isMaximum,
} from '../protocols/counters.ts'
import { ORACLES, type OracleName } from '../protocols/oracles.ts'
import { READ, WRITE } from '../shared-memory/cpu.ts'
import type { LockRecord } from '../threads/records.ts'
import { type RunResult, workerName } from '../threads/run.ts'
import type { RolePlan } from '../workers/roles.ts'
import { Histogram } from './histograms.ts'
import type { MetricName } from './metrics.ts'

/** A trial gives throughput or latencies, never both: timing a fault costs it a tenth of itself. */
export type TrialMode = 'throughput' | 'latency'

export type LockTotals = LockRecord & {
  readonly name: string
  readonly lockKind: string
  readonly side: 'read' | 'write'
  readonly who: readonly {
    readonly worker: string
    readonly acquisitions: number
    readonly contended: number
    readonly waitTotalNs: number
    readonly waitMaxNs: number
  }[]
}

export type Violation = {
  readonly oracle: OracleName | 'mutual_exclusion'
  readonly count: number
  readonly value: number
  readonly worker: string
}

/** What one trial measured. */
export type Trial = {
  readonly metrics: Readonly<Partial<Record<MetricName, number>>>
  readonly counters: Readonly<Partial<Record<CounterName, number>>>
  readonly histograms: ReadonlyMap<HistogramName, Histogram>
  readonly locks: readonly LockTotals[]
  readonly violations: readonly Violation[]
  readonly durationNs: number
  /** Of the workers' measured time, the share in which they were runnable and on no CPU. */
  readonly waitedForCpuShare: number
}

/** Derives a trial's figures from what its workers recorded. */
export function trialOf(run: RunResult, roles: readonly RolePlan[], mode: TrialMode): Trial {
  const histograms = histogramsOf(run)
  const counters = countersOf(run)
  const durationNs = commonWindowNs(run)
  const timed = run.windows.reduce((sum, window) => sum + window.endedNs - window.beganNs, 0)
  const waited = run.windows.reduce((sum, window) => sum + window.schedstat.waitNs, 0)
  const waitedForCpuShare = timed === 0 ? 0 : waited / timed
  const locks = mode === 'latency' ? locksOf(run, roles) : []
  const metrics = mode === 'throughput' ? throughputOf(run, roles, durationNs) : latenciesOf(histograms, locks)
  return {
    metrics: { ...metrics, waited_for_cpu_share: waitedForCpuShare },
    counters,
    histograms: mode === 'latency' ? histograms : new Map(),
    locks,
    violations: violationsOf(run, roles),
    durationNs,
    waitedForCpuShare,
  }
}

/** From when the last worker was measured to when the first no longer was. */
function commonWindowNs(run: RunResult): number {
  const began = Math.max(...run.windows.map((window) => window.beganNs))
  const ended = Math.min(...run.windows.map((window) => window.endedNs))
  return Math.max(0, ended - began)
}

function countersOf(run: RunResult): Partial<Record<CounterName, number>> {
  const totals: Partial<Record<CounterName, number>> = {}
  for (const [index, name] of COUNTERS.entries()) {
    const each = cpusOf(run).map((cpu) => run.records.of(cpu).counters[index]!)
    const total = isMaximum(name) ? Math.max(...each) : each.reduce((sum, count) => sum + count, 0)
    if (total !== 0) totals[name] = total
  }
  return totals
}

const cpusOf = (run: RunResult) => Array.from({ length: run.records.shape.cpus }, (_, cpu) => cpu)

const RETRIES = COUNTERS.filter((name) => name.startsWith('retry_'))
const OF_INVALIDATIONS: readonly CounterName[] = [
  'retry_precheck_before_pfn',
  'retry_precheck_after_pfn',
  'retry_stale_locked',
]
const RETRIES_ELSEWHERE = RETRIES.filter((name) => !OF_INVALIDATIONS.includes(name))

/** Each worker counts over its own window, which ends with an operation: rates are added up, not divided by one time. */
function throughputOf(run: RunResult, roles: readonly RolePlan[], durationNs: number): Trial['metrics'] {
  const vcpus = cpusOf(run).filter((cpu) => roles[cpu]!.role === 'vcpu')
  const unmappers = cpusOf(run).filter((cpu) => roles[cpu]!.role !== 'vcpu')
  const sum = (cpus: readonly number[], ...names: readonly CounterName[]) =>
    cpus.reduce((total, cpu) => total + names.reduce((own, name) => own + countOf(run, cpu, name), 0), 0)
  const rate = (cpus: readonly number[], ...names: readonly CounterName[]) =>
    cpus.reduce((total, cpu) => total + sum([cpu], ...names) / seconds(run, cpu), 0)

  const faults = sum(vcpus, 'pf_fixed', 'pf_spurious')
  const unmaps = sum(unmappers, 'unmap_gfn_range_calls')
  const perSecond = rate(vcpus, 'pf_fixed', 'pf_spurious')
  return {
    elapsed_ns: durationNs,
    faults_per_second: perSecond,
    ...(vcpus.length === 0 ? {} : { faults_per_second_per_vcpu: perSecond / vcpus.length }),
    ...(faults === 0
      ? {}
      : {
          retries_per_fault: sum(vcpus, ...RETRIES) / faults,
          retries_before_pfn_per_fault: sum(vcpus, 'retry_precheck_before_pfn') / faults,
          retries_after_pfn_per_fault: sum(vcpus, 'retry_precheck_after_pfn') / faults,
          retries_under_lock_per_fault: sum(vcpus, 'retry_stale_locked') / faults,
          retries_elsewhere_per_fault: sum(vcpus, ...RETRIES_ELSEWHERE) / faults,
        }),
    ...(unmaps === 0
      ? {}
      : {
          unmaps_per_second: rate(unmappers, 'unmap_gfn_range_calls'),
          flushes_per_unmap: sum(unmappers, 'remote_tlb_flush_requests') / unmaps,
          yields_per_unmap: sum(unmappers, 'yield_needbreak', 'yield_need_resched') / unmaps,
        }),
  }
}

const countOf = (run: RunResult, cpu: number, name: CounterName) => run.records.of(cpu).counters[COUNTER[name]]!

function seconds(run: RunResult, cpu: number): number {
  const { beganNs, endedNs } = run.windows[cpu]!
  return (endedNs - beganNs) / 1e9
}

function histogramsOf(run: RunResult): Map<HistogramName, Histogram> {
  const merged = new Map<HistogramName, Histogram>()
  for (const [index, name] of HISTOGRAMS.entries()) {
    const histogram = new Histogram()
    for (const cpu of cpusOf(run)) histogram.add(run.records.of(cpu).histogram(index))
    if (histogram.count > 0) merged.set(name, histogram)
  }
  return merged
}

function latenciesOf(
  histograms: ReadonlyMap<HistogramName, Histogram>,
  locks: readonly LockTotals[],
): Trial['metrics'] {
  const metrics: Partial<Record<MetricName, number>> = {}
  const fault = histograms.get('fault_latency_ns')?.percentiles(50, 99, 99.9)
  if (fault !== undefined) {
    metrics.fault_latency_p50_ns = fault[0]!
    metrics.fault_latency_p99_ns = fault[1]!
    metrics.fault_latency_p999_ns = fault[2]!
  }
  const response = histograms.get('fault_response_ns')?.percentiles(99)
  if (response !== undefined) metrics.fault_response_p99_ns = response[0]!
  const invalidation = histograms.get('invalidation_latency_ns')?.percentiles(50, 99)
  if (invalidation !== undefined) {
    metrics.invalidation_latency_p50_ns = invalidation[0]!
    metrics.invalidation_latency_p99_ns = invalidation[1]!
  }
  const mmuLock = locks.filter(({ name }) => name === 'mmuLock')
  const acquisitions = mmuLock.reduce((sum, lock) => sum + lock.acquisitions, 0)
  const contended = mmuLock.reduce((sum, lock) => sum + lock.contended, 0)
  if (acquisitions > 0) metrics.mmu_lock_contended_share = contended / acquisitions
  return metrics
}

function locksOf(run: RunResult, roles: readonly RolePlan[]): LockTotals[] {
  return run.place.locks.flatMap(({ id, name, kind }) =>
    [READ, WRITE].flatMap((side) => {
      const each = cpusOf(run).map((cpu) => ({ cpu, ...run.records.of(cpu).lock(id, side) }))
      // A lock inside another reports its waits, but nobody watches its acquisitions: its owner's row stands for both.
      const used = each.filter(({ acquisitions }) => acquisitions > 0)
      if (used.length === 0) return []
      const who = used.map(({ cpu, acquisitions, contended, waitTotalNs, waitMaxNs }) => {
        return { worker: workerName(roles, cpu), acquisitions, contended, waitTotalNs, waitMaxNs }
      })
      return [{ name, lockKind: kind, side: side === READ ? 'read' : 'write', who, ...addLocks(used) } as const]
    }),
  )
}

/** Of the same lock and side, by different workers or in different trials. */
export function addLocks(records: readonly LockRecord[]): LockRecord {
  const sum = (field: keyof LockRecord) => records.reduce((total, record) => total + record[field], 0)
  const waits = records.filter(({ waitMinNs }) => waitMinNs > 0)
  return {
    acquisitions: sum('acquisitions'),
    contended: sum('contended'),
    waitTotalNs: sum('waitTotalNs'),
    waitMinNs: waits.length === 0 ? 0 : Math.min(...waits.map(({ waitMinNs }) => waitMinNs)),
    waitMaxNs: Math.max(...records.map(({ waitMaxNs }) => waitMaxNs)),
    holdTotalNs: sum('holdTotalNs'),
    holdMaxNs: Math.max(...records.map(({ holdMaxNs }) => holdMaxNs)),
    holds: sum('holds'),
  }
}

function violationsOf(run: RunResult, roles: readonly RolePlan[]): Violation[] {
  const during = ORACLES.flatMap(({ name }, oracle) =>
    cpusOf(run).map((cpu): Violation => {
      const { count, value } = run.records.of(cpu).violations(oracle)
      return { oracle: name, count, value, worker: workerName(roles, cpu) }
    }),
  )
  const atRest = run.atRest.map(({ oracle, value }): Violation => ({ oracle, count: 1, value, worker: 'at rest' }))
  return [...during.filter(({ count }) => count > 0), ...atRest]
}
