import { COUNTERS, type CounterName, HISTOGRAMS, type HistogramName, isMaximum } from '../protocols/counters.ts'
import { ORACLES } from '../protocols/oracles.ts'
import { READ, WRITE } from '../shared-memory/cpu.ts'
import type { LockRecord } from '../shared-memory/records.ts'
import { type RolePlan, workerName } from '../workers/roles.ts'
import type { RunResult } from '../workers/run-result.ts'
import { derivedMetrics } from './derived/all.ts'
import { latencyMetrics } from './derived/latencies.ts'
import { type LockTotals, lockMetrics } from './derived/locks.ts'
import { Tally } from './derived/tally.ts'
import { Histogram } from './histograms.ts'
import type { MetricName } from './metrics.ts'

/** A trial gives throughput or latencies, never both: timing a fault costs it a tenth of itself. */
export type TrialMode = 'throughput' | 'latency'

export type Violation = {
  /** An oracle of ours, or of a patch. */
  readonly oracle: string
  readonly count: number
  readonly value: number
  readonly worker: string
  /** The lock concerned, if any. */
  readonly lock?: string
}

/** The measurements of one trial. */
export type Trial = {
  readonly metrics: Readonly<Partial<Record<MetricName, number>>>
  readonly counters: Readonly<Partial<Record<CounterName, number>>>
  readonly histograms: ReadonlyMap<HistogramName, Histogram>
  readonly locks: readonly LockTotals[]
  readonly violations: readonly Violation[]
  /** The reports of lockdep, one for each cycle. */
  readonly splats: readonly string[]
  /** Methods of locks that could not be compiled, and why. */
  readonly leftInJavaScript?: readonly string[]
  /** The implementation of mmu_lock and of its queue: `rwlock over qspinlock`. */
  readonly mmuLock?: string | undefined
  readonly durationNs: number
  /** The CPU of each worker, if they were bound to CPUs. */
  readonly cpus?: readonly number[]
  /** The share of the workers' measured time in which they were runnable and on no CPU. */
  readonly waitedForCpuShare: number
}

function mmuLockOf({ place }: RunResult): string | undefined {
  const kindOf = (of: string) => place.locks.find(({ name }) => name === of)?.kind
  const [lock, queue] = [kindOf('mmuLock'), kindOf('mmuLock.waitLock')]
  return queue === undefined ? lock : `${lock} over ${queue}`
}

/** Derives a trial's figures from the records of its workers. */
export function trialOf(run: RunResult, roles: readonly RolePlan[], mode: TrialMode): Trial {
  const histograms = mode === 'latency' ? histogramsOf(run) : new Map<HistogramName, Histogram>()
  const counters = countersOf(run)
  const durationNs = commonWindowNs(run)
  const timed = run.windows.reduce((sum, window) => sum + window.endedNs - window.beganNs, 0)
  const waited = run.windows.reduce((sum, window) => sum + window.schedstat.waitNs, 0)
  const waitedForCpuShare = timed === 0 ? 0 : waited / timed
  const locks = mode === 'latency' ? locksOf(run, roles) : []
  const tally = new Tally(run, roles)
  const metrics =
    mode === 'throughput'
      ? { elapsed_ns: durationNs, ...derivedMetrics(tally) }
      : { ...latencyMetrics(histograms), ...lockMetrics(tally, locks, histograms) }
  return {
    metrics: {
      ...metrics,
      waited_for_cpu_share: waitedForCpuShare,
      ...(run.handOverNs === undefined ? {} : { hand_over_ns: run.handOverNs }),
    },
    counters,
    histograms,
    locks,
    violations: violationsOf(run, roles),
    splats: run.splats ?? [],
    leftInJavaScript: run.leftInJavaScript ?? [],
    mmuLock: mmuLockOf(run),
    durationNs,
    ...(run.boundTo === undefined ? {} : { cpus: run.boundTo }),
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
  for (const [index, name] of namesOf(run).entries()) {
    const each = cpusOf(run).map((cpu) => run.records.of(cpu).counters[index]!)
    const total = isMaximum(name) ? Math.max(...each) : each.reduce((sum, count) => sum + count, 0)
    if (total !== 0) totals[name] = total
  }
  return totals
}

/** Those of a patch come after ours, under the names that it gives them. */
const namesOf = ({ own }: RunResult) => [...COUNTERS, ...((own?.counters ?? []) as readonly CounterName[])]

const cpusOf = (run: RunResult) => Array.from({ length: run.records.shape.cpus }, (_, cpu) => cpu)

function histogramsOf(run: RunResult): Map<HistogramName, Histogram> {
  const merged = new Map<HistogramName, Histogram>()
  for (const [index, name] of HISTOGRAMS.entries()) {
    const parts = run.records.histograms(index).filter(({ count }) => count > 0)
    if (parts.length === 0) continue
    const histogram = new Histogram()
    for (const part of parts) histogram.add(part)
    merged.set(name, histogram)
  }
  return merged
}

function locksOf(run: RunResult, roles: readonly RolePlan[]): LockTotals[] {
  return run.place.locks.flatMap(({ id, name, kind }) =>
    [READ, WRITE].flatMap((side) => {
      const each = cpusOf(run).map((cpu) => ({ cpu, ...run.records.of(cpu).lock(id, side) }))
      // For a lock inside another, only the waits are reported, not the acquisitions: the row of its owner covers both.
      const used = each.filter(({ acquisitions }) => acquisitions > 0)
      if (used.length === 0) return []
      const who = used.map(({ cpu, acquisitions, contended, waitTotalNs, waitMaxNs }) => {
        return {
          worker: workerName(roles, cpu),
          role: roles[cpu]!.role,
          acquisitions,
          contended,
          waitTotalNs,
          waitMaxNs,
        }
      })
      return [{ name, lockKind: kind, side: side === READ ? 'read' : 'write', who, ...addLocks(used) } as const]
    }),
  )
}

/** Adds records of the same lock and side, by different workers or in different trials. */
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

/** The violations seen in a run, or in the part of it before it failed. */
export function violationsOf(run: RunResult, roles: readonly RolePlan[]): Violation[] {
  const oracles: readonly { readonly name: Violation['oracle'] }[] = [...ORACLES, ...(run.own?.oracles ?? [])]
  const during = oracles.flatMap(({ name }, oracle) =>
    cpusOf(run).flatMap((cpu): Violation[] => {
      const { count, value } = run.records.of(cpu).violations(oracle)
      const lock = name === 'lock_not_held' ? { lock: run.place.locks[value]!.name } : {}
      return count === 0 ? [] : [{ oracle: name, count, value, worker: workerName(roles, cpu), ...lock }]
    }),
  )
  const atRest = run.atRest.map(({ oracle, value }): Violation => ({ oracle, count: 1, value, worker: 'at rest' }))
  return [...during, ...atRest]
}
