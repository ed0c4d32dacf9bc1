import { heldNs, holdsNote } from '../bench/derived/locks.ts'
import { timedFaultsNote } from '../bench/derived/timed-faults.ts'
import type { Run } from '../bench/result.ts'
import { cells, legendText, ratioCell } from './cells.ts'
import { fit, wrapped } from './fit.ts'
import { columns, count, leftColumns, time } from './numbers.ts'
import { type Paint, PLAIN, type Style, widthOf } from './tones.ts'

/** Rows of the table, ordered from what the guest experiences to its cause. */
const ROWS: readonly {
  readonly metric: string
  readonly label: string
  /** The label where the row that it belongs to is left out. */
  readonly alone?: string
}[] = [
  { metric: 'faults_per_second', label: 'faults/s' },
  { metric: 'fault_latency_p50_ns', label: 'fault latency p50' },
  { metric: 'fault_latency_p99_ns', label: 'fault latency p99' },
  { metric: 'fault_latency_p999_ns', label: 'fault latency p99.9' },
  { metric: 'fault_latency_max_ns', label: 'fault latency max' },
  { metric: 'nx_fault_latency_p99_ns', label: '  during recovery, p99', alone: 'fault latency p99, in recovery' },
  { metric: 'nx_fault_latency_p999_ns', label: '  during recovery, p99.9' },
  { metric: 'nx_fault_latency_max_ns', label: '  during recovery, max' },
  { metric: 'nx_refault_latency_p50_ns', label: 'faults on huge pages p50' },
  { metric: 'fault_response_p99_ns', label: 'fault response p99' },
  { metric: 'retries_per_fault', label: 'retries per fault' },
  { metric: 'retries_before_pfn_per_fault', label: '  before the pfn lookup' },
  { metric: 'retries_after_pfn_per_fault', label: '  after the pfn lookup' },
  { metric: 'retries_under_lock_per_fault', label: '  under mmu_lock', alone: 'retries under mmu_lock' },
  { metric: 'retries_elsewhere_per_fault', label: '  elsewhere' },
  { metric: 'mmu_lock_contended_share', label: 'mmu_lock contended' },
  { metric: 'mmu_lock_wait_p50_ns', label: 'mmu_lock wait p50' },
  { metric: 'mmu_lock_hold_max_ns', label: 'mmu_lock held at most' },
  { metric: 'nx_recovered_per_second', label: 'recovered pages/s' },
  { metric: 'nx_splits_per_second', label: 'split pages/s' },
  { metric: 'nx_round_p50_ns', label: 'round of recovery p50' },
  { metric: 'nx_flushes_per_recovered', label: 'remote flushes per recovered page' },
  { metric: 'nx_yields_per_recovered', label: 'yields per recovered page' },
  { metric: 'nx_lost_races_per_second', label: 'lost races/s' },
  { metric: 'nx_share_recovered_tdp', label: 'recovered a round, TDP MMU' },
  { metric: 'nx_share_recovered_shadow', label: 'recovered a round, shadow MMU' },
  { metric: 'nx_shadow_to_tdp', label: '  shadow over TDP' },
  { metric: 'guest_boots_per_second', label: 'boots/s' },
  { metric: 'icache_inval_p50_ns', label: 'I-cache invalidation p50' },
  { metric: 'icache_inval_p99_ns', label: 'I-cache invalidation p99' },
  { metric: 'icache_inval_max_ns', label: 'I-cache invalidation max' },
  { metric: 'icache_ops_per_boot', label: 'I-cache operations per boot' },
  { metric: 'icache_wasted_share', label: 'invalidated for nothing' },
  { metric: 'relax_eagain_per_boot', label: '-EAGAIN per boot' },
  { metric: 'neighbour_boots_per_second', label: "other VMs' boots/s" },
  { metric: 'neighbour_fault_latency_p50_ns', label: "other VMs' fault latency p50" },
  { metric: 'neighbour_fault_latency_p99_ns', label: "other VMs' fault latency p99" },
  { metric: 'guest_icache_p50_ns', label: "guest's own invalidation p50" },
  { metric: 'guest_icache_p99_ns', label: "guest's own invalidation p99" },
  { metric: 'yields_per_unmap', label: 'yields per unmap' },
  { metric: 'flushes_per_unmap', label: 'remote flushes per unmap' },
  { metric: 'unmaps_per_second', label: 'unmaps/s' },
  { metric: 'invalidation_latency_p50_ns', label: 'invalidation latency p50' },
  { metric: 'invalidation_latency_p99_ns', label: 'invalidation latency p99' },
  { metric: 'guest_accesses_per_second', label: 'guest accesses/s' },
  { metric: 'apic_stall_p50_ns', label: 'APIC page stall p50' },
  { metric: 'apic_stall_p99_ns', label: 'APIC page stall p99' },
  { metric: 'apic_stall_max_ns', label: 'APIC page stall max' },
  { metric: 'apic_tries_per_reload', label: 'tries per reload' },
  { metric: 'apic_rerequests_per_reload', label: '  requested again' },
  { metric: 'entries_cancelled_per_reload', label: 'cancelled entries per reload' },
  { metric: 'tlb_flushes_per_reload', label: 'TLB flushes per reload' },
  { metric: 'tlb_flushes_local_per_reload', label: '  after a reload' },
  { metric: 'tlb_flushes_redundant_per_reload', label: '  redundant' },
  { metric: 'apic_migrations_per_second', label: 'moves/s' },
  { metric: 'apic_migrations_refused_share', label: 'moves refused' },
  { metric: 'invalidations_per_second', label: 'invalidations/s' },
  { metric: 'mmu_lock_per_invalidation', label: 'mmu_lock per invalidation' },
  { metric: 'elided_share', label: 'elided' },
  { metric: 'memslot_updates_per_second', label: 'memslot updates/s' },
  { metric: 'vm_teardown_p50_ns', label: 'VM teardown p50' },
  { metric: 'agings_per_second', label: 'asked whether used/s' },
  { metric: 'aging_young_share', label: '  which were' },
  { metric: 'aging_latency_p50_ns', label: '  a question p50' },
  { metric: 'aging_latency_p99_ns', label: '  a question p99' },
  { metric: 'gfns_converted_per_second', label: 'converted gfns/s' },
  { metric: 'attribute_change_p50_ns', label: 'conversion p50' },
  { metric: 'pfncache_uses_per_second', label: 'pfn cache uses/s' },
  { metric: 'without_resched_max_ns', label: 'longest without resched' },
  { metric: 'flushes_per_log_start', label: 'flushes/log start' },
  { metric: 'flushes_per_log_clear', label: 'flushes/log clear' },
  { metric: 'flushes_per_log_stop', label: 'flushes/log stop' },
  { metric: 'flushes_per_recovered', label: 'flushes/recovered table' },
  { metric: 'dirty_log_start_p50_ns', label: 'log start p50' },
  { metric: 'dirty_log_get_p50_ns', label: 'log get p50' },
  { metric: 'dirty_log_clear_p50_ns', label: 'log clear p50' },
  { metric: 'dirty_log_stop_p50_ns', label: 'log stop p50' },
  { metric: 'memslot_update_wait_p50_ns', label: 'update waits p50' },
  { metric: 'memslot_update_wait_p99_ns', label: 'update waits p99' },
  { metric: 'memslot_update_wait_max_ns', label: 'update waits longest' },
  { metric: 'memslot_update_latency_p50_ns', label: 'update takes p50' },
  { metric: 'operation_ns', label: 'time of an operation' },
  { metric: 'operations_per_second', label: 'operations/s' },
  { metric: 'ns_per_operation', label: 'time per operation' },
  { metric: 'operation_max_ns', label: 'longest wait' },
  { metric: 'jain_fairness', label: 'fairness (Jain)' },
]

/** Variants side by side, as many as fit; the first is the one that the others are compared with. */
const BESIDE = 3

/** The table of runs that were interleaved with each other; `only`: the rows that matter most, the others are counted. */
export function benchTable(runs: readonly Run[], only?: readonly string[], style: Style = PLAIN): string {
  const [baseline, ...others] = runs
  if (baseline === undefined) return ''
  const there = ROWS.filter(({ metric }) => runs.some((run) => run.metrics[metric] !== undefined))
  const deciding = only === undefined ? there : there.filter(({ metric }) => only.includes(metric))
  // A few additional rows are shorter than the line that would announce them.
  const chosen = deciding.map((row) => ({ ...row, label: row.alone ?? row.label }))
  const rows = there.length - deciding.length <= FEW_ROWS ? there : chosen
  const table = laidOut({ baseline, others, rows, paint: style.paint }, style.width)
  const left = there.length - rows.length
  return [table, ...(left === 0 ? [] : [`and ${left} more rows: --all`])].join('\n')
}

const FEW_ROWS = 2

type Rows = {
  readonly baseline: Run
  readonly others: readonly Run[]
  readonly rows: typeof ROWS
  readonly paint: Paint
}

/** Levels of detail for each figure, from everything to what fits on a narrow terminal. */
const DETAILS = [
  { beside: BESIDE, hasIntervals: true, hasRatioInterval: true },
  { beside: 1, hasIntervals: true, hasRatioInterval: true },
  { beside: BESIDE, hasIntervals: false, hasRatioInterval: true },
  { beside: 1, hasIntervals: false, hasRatioInterval: true },
  { beside: 1, hasIntervals: false, hasRatioInterval: false },
] as const

/** The most detailed table that fits. If none does, each figure gets its own lines. */
function laidOut(table: Rows, width: number | undefined): string {
  for (const detail of DETAILS) {
    const parts = partsOf(table, detail.beside)
    const text = parts.map((part) => block(part, detail)).join('\n\n')
    if (width === undefined || text.split('\n').every((line) => widthOf(line) <= width)) {
      return text + legendOf(parts, width)
    }
  }
  return fit(stacked(table), width) + legendOf([table], width)
}

type Detail = { readonly beside: number; readonly hasIntervals: boolean; readonly hasRatioInterval: boolean }

/** The baseline with as many of the others as stand beside it. */
const partsOf = ({ others, ...table }: Rows, beside: number): Rows[] =>
  Array.from({ length: Math.max(1, Math.ceil(others.length / beside)) }, (_, part) => {
    return { ...table, others: others.slice(part * beside, (part + 1) * beside) }
  })

function block({ baseline, others, rows, paint }: Rows, { hasIntervals, hasRatioInterval }: Detail): string {
  const runs = [baseline, ...others]
  const shown = (cells: [string, string]) => (hasIntervals ? cells : cells.slice(0, 1))
  const header = [
    '',
    ...runs.flatMap((run) => shown([run.variant, run.kind === 'modelled' ? '' : '95 %'])),
    ...(others.length === 1 ? ['ratio'] : []),
  ]
  const body = rows.map(({ metric, label }) => [
    label,
    ...runs.flatMap((run) => shown(cells(metric, run))),
    ...(others.length === 1 ? [ratioCell(baseline, others[0]!, metric, paint, hasRatioInterval)] : []),
  ])
  return columns([header, ...body])
}

/** For a terminal that is narrower than any table: a figure's name, and below it a line for each variant. */
function stacked({ baseline, others, rows, paint }: Rows): string {
  const runs = [baseline, ...others]
  const lines = rows.flatMap(({ metric, label }) => {
    const values = runs.map((run) => [`  ${run.variant}`, cells(metric, run).join(' ')])
    const ratio = others.length === 1 ? ratioCell(baseline, others[0]!, metric, paint, true) : ''
    return [label.trim(), leftColumns(ratio === '' ? values : [...values, ['  ratio', ratio]])]
  })
  return lines.join('\n')
}

/** Explains the marks that occur in the table. */
function legendOf(parts: readonly Rows[], width: number | undefined): string {
  const [{ rows }] = parts as readonly [Rows, ...Rows[]]
  const runs = parts.map(({ baseline, others }) => [baseline, ...others])
  const metrics = rows.map(({ metric }) => metric)
  const isOfFaults = metrics.some((metric) => metric.startsWith('fault_latency_'))
  const note = isOfFaults ? timedFaultsNote([...new Set(runs.flat())]) : undefined
  const notes = note === undefined ? [] : wrapped(note, width ?? Number.POSITIVE_INFINITY)
  const text = [legendText(runs, metrics, width), ...notes].filter((line) => line !== '').join('\n')
  return text === '' ? '' : `\n\n${text}`
}

/** The locks that were waited for or held, most waiting time first: as `perf lock contention` shows them, and more. */
export function lockTable(run: Run): string {
  const { columns: header, rows } = lockRows(run)
  const note = holdsNote(run.locks)
  return columns([header, ...rows]) + (note === undefined ? '' : `\n${note}`)
}

/** The same as columns and rows, for other kinds of output. */
export function lockRows(run: Run): { readonly columns: readonly string[]; readonly rows: readonly string[][] } {
  const rows = run.locks
    .toSorted((a, b) => b.waitTotalNs - a.waitTotalNs)
    .map((lock) => [
      `${lock.name} ${lock.kind}:${lock.side === 'read' ? 'R' : 'W'}`,
      count(lock.acquisitions),
      count(lock.contended),
      time(lock.waitTotalNs),
      time(lock.waitMaxNs),
      time(lock.waitMinNs),
      time(lock.waitAvgNs),
      time(heldNs(lock)),
      time(lock.holdMaxNs),
      longestWaiter(lock.who),
    ])
  return { columns: LOCK_COLUMNS, rows }
}

const LOCK_COLUMNS = [
  'lock',
  'acquired',
  'contended',
  'total wait',
  'max wait',
  'min wait',
  'avg wait',
  'total hold',
  'max hold',
  'waited longest',
]

function longestWaiter(who: Run['locks'][number]['who']): string {
  const worst = who.toSorted((a, b) => b.waitMaxNs - a.waitMaxNs)[0]
  return worst === undefined || worst.waitMaxNs === 0 ? '-' : worst.worker
}
