import { bucketOf, withinRange } from '../../shared-memory/records.ts'
import { MOST_ONE_IN } from '../../workers/sample-rate.ts'
import { LATENCIES } from '../derived/latencies.ts'
import { type Decoded, decodeV2, edgesOf, valuesAt } from '../hdr.ts'
import { samplesNeeded } from '../percentiles.ts'
import type { HistogramSummary, LockRow, Run } from '../result.ts'
import { disordered, isNear, unequal, unless, unlike } from './claims.ts'

/** Every histogram's summary from its buckets, and the other figures of the run that come from the same values. */
export function histogramFaults(run: Run): string[] {
  const histograms = Object.entries(run.histograms)
  return [
    ...histograms.flatMap(([name, summary]) => summaryFaults(name, summary)),
    ...LATENCIES.flatMap((latency) => latencyFaults(run, latency)),
    ...lockFaults(run),
  ]
}

function summaryFaults(name: string, summary: HistogramSummary): string[] {
  const decoded = decode(summary.hdr)
  if (typeof decoded === 'string') return [`${name}: its histogram cannot be decoded: ${decoded}`]
  const { count, min, mean, p50, p90, p99, p999, max } = summary
  const most = Math.ceil(max)
  const [at50, at90, at99, at999] = valuesAt(decoded, [50, 90, 99, 99.9]).map((value) => Math.min(value, most))
  const [low, high] = rangeOf(decoded, min)
  const ends = [decoded.buckets[0] ?? 0, decoded.buckets.at(-1) ?? 0]
  const isIn = (value: number, bucket: number) => bucketOf(withinRange(value)) === bucket
  return [
    ...unequal(`${name}: count`, count, decoded.total),
    ...unequal(`${name}: p50`, p50, at50!),
    ...unequal(`${name}: p90`, p90, at90!),
    ...tailFaults(`${name}: p99`, p99, at99!, count, 99),
    ...tailFaults(`${name}: p99.9`, p999, at999!, count, 99.9),
    ...unless(isIn(min, ends[0]!), `${name}: min is ${min}, its buckets say ${edgesOf(ends[0]!).join(' to ')}`),
    ...unless(isIn(max, ends[1]!), `${name}: max is ${max}, its buckets say ${edgesOf(ends[1]!).join(' to ')}`),
    ...unless(mean >= low && mean <= high, `${name}: mean is ${mean}, its buckets say ${low} to ${high}`),
    ...disordered(name, [
      ['min', min],
      ['mean', mean],
      ['max', max],
    ]),
  ]
}

/** With too few values there is no tail percentile; older files state one all the same. */
function tailFaults(what: string, stated: number | null, derived: number, count: number, percentile: number): string[] {
  if (stated !== null) return unequal(what, stated, derived)
  return unless(count < samplesNeeded(percentile), `${what} is missing, although there are ${count} values`)
}

function decode(hdr: string): Decoded | string {
  try {
    return decodeV2(hdr)
  } catch (cause) {
    return (cause as Error).message
  }
}

/**
 * The possible range of the mean of the values in these buckets, which were rounded to whole ns. A replay in the recorded order may serve
 * an access before its recorded time: such a value is below 0, and in the first bucket.
 */
function rangeOf({ buckets, counts, total }: Decoded, min: number): readonly [number, number] {
  let [low, high] = [0, 0]
  for (const [index, bucket] of buckets.entries()) {
    const [from, to] = edgesOf(bucket)
    low += counts[index]! * (index === 0 ? Math.min(min, from - 0.5) : from - 0.5)
    high += counts[index]! * (to + 0.5)
  }
  return total === 0 ? [0, 0] : [low / total, high / total]
}

/** A metric of one trial's values lies within those of all trials; the longest of all is the longest of one. */
function latencyFaults(run: Run, { histogram: name, percentile, metric }: (typeof LATENCIES)[number]): string[] {
  const values = run.trials.flatMap((trial) => (Object.hasOwn(trial.metrics, metric) ? trial.metrics[metric]! : []))
  if (values.length === 0) return []
  const summary = Object.hasOwn(run.histograms, name) ? run.histograms[name] : undefined
  if (summary === undefined) return [`${name}: trials have its ${metric}, but it is missing`]
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const highest = Math.ceil(summary.max)
  const longest = Math.min(highest, edgesOf(bucketOf(withinRange(summary.max)))[1])
  return [
    ...unless(most <= highest, `${metric}: a trial has ${most}, but the longest of all is ${highest}`),
    ...unless(least >= Math.floor(summary.min), `${metric}: a trial has ${least}, but the shortest is ${summary.min}`),
    ...(percentile < 100 ? [] : unequal(`${metric}: the most of all trials`, most, longest)),
  ]
}

/** The waits for mmu_lock, and how long it was held, are in its rows as well. */
function lockFaults({ locks, histograms }: Run): string[] {
  return (['read', 'write'] as const).flatMap((side) => {
    const row = locks.find((lock) => lock.name === 'mmuLock' && lock.side === side)
    const of = (what: 'wait' | 'hold') => histograms[`mmu_lock_${what}_ns_${side}`]
    return [
      ...waitFaults(`mmu_lock_wait_ns_${side}`, row, of('wait')),
      ...holdFaults(`mmu_lock_hold_ns_${side}`, row, of('hold')),
    ]
  })
}

function waitFaults(name: string, row: LockRow | undefined, waits: HistogramSummary | undefined): string[] {
  const contended = row?.contended ?? 0
  if (waits === undefined)
    return unless(contended === 0, `${name} is not there: mmuLock was waited for ${contended} times`)
  if (row === undefined) return [`mmuLock has no row, but ${name} is there`]
  return [
    ...unequal(`${name}: count, by the waits for mmuLock,`, waits.count, contended),
    ...unlike(`${name}: total`, waits.mean * waits.count, row.waitTotalNs),
    ...unequal(`${name}: max, by the waits for mmuLock,`, waits.max, row.waitMaxNs),
    ...unless(
      row.waitMinNs === 0 || isNear(waits.min, row.waitMinNs),
      `${name}: min is ${waits.min}, by the waits for mmuLock it is ${row.waitMinNs}`,
    ),
  ]
}

function holdFaults(name: string, row: LockRow | undefined, holds: HistogramSummary | undefined): string[] {
  if (holds === undefined)
    return unless((row?.holdTotalNs ?? 0) === 0, `${name} is not there: mmuLock was held for ${row?.holdTotalNs} ns`)
  if (row === undefined) return [`mmuLock has no row, but ${name} is there`]
  return [
    ...unequal(`${name}: count, by mmuLock's holds,`, holds.count, row.holds ?? row.acquisitions),
    ...unlike(`${name}: total`, holds.mean * holds.count, row.holdTotalNs),
    ...unequal(`${name}: max, by mmuLock's,`, holds.max, row.holdMaxNs),
  ]
}

/** One departure from the guest in this many is timed, unless the trial says that it were fewer. */
const SAMPLED = 8
const RESOLVED = ['pf_fixed', 'pf_spurious', 'pf_fast', 'pf_emulate']

/** The number of timed faults must fit the number of faults. */
export function samplingFaults({ histograms, metrics, trials, params, kind }: Run): string[] {
  const { fault_latency_ns: latencies, nx_refault_latency_ns: refaults, guest_stall_ns: stalls } = histograms
  const timed = trials.filter(({ mode }) => kind === 'modelled' || mode === 'latency')
  const isOfVcpus = Object.hasOwn(metrics, 'faults_per_second')
  if (!isOfVcpus || timed.length === 0 || timed.some(({ counters }) => counters === undefined)) return []
  const found = (latencies?.count ?? 0) + (refaults?.count ?? 0)
  const sum = (names: readonly string[]) =>
    timed.reduce((all, { counters }) => all + names.reduce((own, name) => own + (counters![name] ?? 0), 0), 0)
  // A signal may end a fault that is not resolved.
  const [faults, resolved] = [sum(['pf_taken']), sum(RESOLVED)]
  const stated = Math.max(...timed.map(({ counters }) => counters!.fault_timed_one_in_max ?? 0))
  const oneIn = stated > 0 ? stated : kind === 'measured' && (stalls?.count ?? 0) === 0 ? MOST_ONE_IN : SAMPLED
  const slack = oneIn * Number(params.vcpus) * timed.length
  // Up to two periods lie before the first timed fault, and the last one may be resolved in the window and be back in the guest after it.
  // Distances are random where it is stated: the number is then off by this much once in a billion runs.
  const chance = stated > 0 ? 6 * Math.sqrt(resolved / oneIn / 3) : 0
  const least = (resolved - 2 * slack) / oneIn - chance
  return [
    ...unless(found <= faults + slack, `${found} faults were timed, but there were ${faults}`),
    ...unless(
      found <= (stalls?.count ?? 0),
      `guest_stall_ns has ${stalls?.count ?? 0} values, but ${found} faults were timed`,
    ),
    ...unless(
      (stalls?.count ?? 0) >= least,
      `guest_stall_ns has ${stalls?.count ?? 0} values: of ${resolved} faults at least ${Math.ceil(least)} were timed`,
    ),
  ]
}
