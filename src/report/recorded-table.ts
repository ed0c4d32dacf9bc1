import type { Metric, RecordedKernel, Run } from '../bench/result.ts'
import { columns, compact, share, time } from './numbers.ts'

type Row = {
  readonly label: string
  readonly kernel: (recorded: RecordedKernel) => string | null
  readonly ours: (run: Run) => string
}

const SHARES: readonly Row[] = [
  {
    label: 'faults',
    kernel: ({ faults }) => compact(faults),
    ours: ({ counters, trials }) => compact((counters.pf_fixed ?? 0) / trials.length),
  },
  {
    label: 'waits for mmu_lock per fault',
    kernel: ({ waits, faults }) => (waits === null ? null : share(waits / faults)),
    ours: (run) => within(run.metrics.mmu_lock_waits_per_fault, share),
  },
  {
    label: 'median wait',
    kernel: ({ waitMedianNs }) => (waitMedianNs === null ? null : time(waitMedianNs)),
    ours: (run) => within(run.metrics.mmu_lock_wait_p50_ns, time),
  },
]

/** These depend on how fast the recording is played. */
const TOTALS: readonly Row[] = [
  {
    label: 'vCPUs waited, in all',
    kernel: ({ waitTotalNs }) => (waitTotalNs === null ? null : time(waitTotalNs)),
    ours: (run) => within(run.metrics.mmu_lock_wait_total_ns, time),
  },
  {
    label: "notifiers' waits",
    kernel: ({ notifierWaits }) => (notifierWaits === null ? null : compact(notifierWaits)),
    ours: (run) => compact(notifierWaits(run)),
  },
]

/** The recorded kernel's own waits for mmu_lock, beside those of its replay; empty if this is no replay. */
export function recordedTable(runs: readonly Run[]): string {
  const rows = recordedRows(runs)
  return rows.length === 0 ? '' : columns(rows)
}

/** The same as cells, the header first. */
export function recordedRows(runs: readonly Run[]): string[][] {
  const recorded = runs[0]?.recorded
  if (recorded === undefined) return []
  const rows = runs[0]!.params.speed === '1' ? [...SHARES, ...TOTALS] : SHARES
  const header = ['mmu_lock, once through', 'recorded kernel', ...runs.map(({ variant }) => variant)]
  const body = rows.map(({ label, kernel, ours }) => [label, kernel(recorded) ?? 'not recorded', ...runs.map(ours)])
  return [header, ...body]
}

function within(metric: Metric | undefined, text: (value: number) => string): string {
  if (metric === undefined) return '-'
  const [low, high] = metric.ci95.map(text)
  return `${text(metric.median)} [${low}, ${high}]`
}

/** A trial's, on average: locks are watched in the trials for latency. */
function notifierWaits({ locks, trials }: Run): number {
  const own = locks.filter(({ name }) => name === 'mmuLock').flatMap(({ who }) => who)
  const waits = own.filter(({ worker }) => worker.startsWith('notifier')).map(({ contended }) => contended)
  const watched = trials.filter(({ mode }) => mode === 'latency').length
  return waits.reduce((sum, count) => sum + count, 0) / Math.max(1, watched)
}
