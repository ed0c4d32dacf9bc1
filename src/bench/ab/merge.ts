import { type CounterName, isMaximum } from '../../protocols/counters.ts'
import { Histogram } from '../histograms.ts'
import type { HistogramSummary, LockRow, Metric, Outcome, Revision, Run, TrialRow } from '../result.ts'
import { median, medianInterval } from '../statistics.ts'

/** One process's account of a run, and the round that it belongs to. */
export type Part = { readonly round: number; readonly seed: number; readonly place: number; readonly run: Run }

/** More trials than a process has in a round. */
const LONGEST_PLAN = 1000

/** Puts the trials of several processes together as if one had run them; a round's seed is what repeats its trials. */
export function mergeParts(parts: readonly Part[], revision: Revision, noise: Run['noise']): Run {
  const [first] = parts
  const trials = parts.flatMap(({ seed, run }) => run.trials.map((trial) => ({ ...trial, seed })))
  const runs = parts.map(({ run }) => run)
  const failed = runs.find(({ error }) => error !== null)
  return {
    ...first!.run,
    revision,
    order: parts.flatMap(({ place, run }) => run.order.map((within) => place * LONGEST_PLAN + within)),
    trials: trials.map((trial, index) => ({ ...trial, index })),
    metrics: metricsOf(runs, trials),
    counters: counters(runs),
    histograms: histograms(runs),
    locks: locks(runs.flatMap((run) => run.locks)),
    outcomes: outcomes(runs.flatMap((run) => run.outcomes)),
    ...(noise === undefined ? {} : { noise }),
    warnings: doubts(runs),
    error: failed?.error ?? null,
  }
}

function metricsOf(runs: readonly Run[], trials: readonly TrialRow[]): Run['metrics'] {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))]
  const entries = names.map((name): [string, Metric] => {
    const values = trials.flatMap((trial) => trial.metrics[name] ?? [])
    const { unit, better, assume } = runs.find((run) => run.metrics[name] !== undefined)!.metrics[name]!
    return [name, { unit, better, assume, n: values.length, median: median(values), ci95: medianInterval(values) }]
  })
  return Object.fromEntries(entries)
}

function counters(runs: readonly Run[]): Run['counters'] {
  const totals: Record<string, number> = {}
  for (const [name, count] of runs.flatMap((run) => Object.entries(run.counters))) {
    totals[name] = isMaximum(name as CounterName) ? Math.max(totals[name] ?? 0, count) : (totals[name] ?? 0) + count
  }
  return totals
}

function histograms(runs: readonly Run[]): Record<string, HistogramSummary> {
  const merged = new Map<string, Histogram>()
  for (const [name, summary] of runs.flatMap((run) => Object.entries(run.histograms))) {
    const whole = merged.get(name) ?? new Histogram()
    whole.addSummary(summary)
    merged.set(name, whole)
  }
  return Object.fromEntries([...merged].map(([name, histogram]) => [name, histogram.summary()]))
}

function locks(all: readonly LockRow[]): LockRow[] {
  const groups = new Map<string, LockRow[]>()
  for (const lock of all) {
    const key = `${lock.name} ${lock.kind} ${lock.side}`
    groups.set(key, [...(groups.get(key) ?? []), lock])
  }
  return [...groups.values()].map(addRows)
}

function addRows(rows: readonly LockRow[]): LockRow {
  const total = addWaits(rows)
  const waits = rows.map(({ waitMinNs }) => waitMinNs).filter((ns) => ns > 0)
  const workers = [...new Set(rows.flatMap(({ who }) => who.map(({ worker }) => worker)))]
  const { name, kind, side } = rows[0]!
  return {
    name,
    kind,
    side,
    ...total,
    waitMinNs: waits.length === 0 ? 0 : Math.min(...waits),
    waitAvgNs: total.contended === 0 ? 0 : total.waitTotalNs / total.contended,
    holdTotalNs: rows.reduce((sum, row) => sum + row.holdTotalNs, 0),
    holdMaxNs: Math.max(...rows.map(({ holdMaxNs }) => holdMaxNs)),
    ...(rows.every(({ holds }) => holds === undefined)
      ? {}
      : { holds: rows.reduce((sum, { holds, acquisitions }) => sum + (holds ?? acquisitions), 0) }),
    who: workers.map((worker) => ({
      worker,
      ...addWaits(rows.flatMap(({ who }) => who.filter((each) => each.worker === worker))),
    })),
  }
}

type Waits = Pick<LockRow, 'acquisitions' | 'contended' | 'waitTotalNs' | 'waitMaxNs'>

function addWaits(rows: readonly Waits[]): Waits {
  const sum = (field: keyof Waits) => rows.reduce((total, row) => total + row[field], 0)
  return {
    acquisitions: sum('acquisitions'),
    contended: sum('contended'),
    waitTotalNs: sum('waitTotalNs'),
    waitMaxNs: Math.max(...rows.map(({ waitMaxNs }) => waitMaxNs)),
  }
}

function outcomes(all: readonly Outcome[]): Outcome[] {
  const names = [...new Set(all.map(({ outcome }) => outcome))]
  return names.map((name) => {
    const own = all.filter(({ outcome }) => outcome === name)
    return { ...own[0]!, count: own.reduce((sum, { count }) => sum + count, 0) }
  })
}

/** Few trials a process are as planned, and no doubt; other doubts are reported once, with how many processes shared them. */
function doubts(runs: readonly Run[]): string[] {
  const all = runs.flatMap(({ warnings }) => warnings).filter((warning) => !/too few trials/.test(warning))
  const plain = all.map((warning) => warning.replace(/ \([^()]*\)$/, ''))
  return [...new Set(plain)].map(
    (doubt) => `${doubt} (${plain.filter((one) => one === doubt).length} of ${runs.length} rounds)`,
  )
}
