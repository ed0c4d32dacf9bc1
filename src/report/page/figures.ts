import { holdsNote } from '../../bench/derived/locks.ts'
import { timedFaultsNote } from '../../bench/derived/timed-faults.ts'
import type { MetricName } from '../../bench/metrics.ts'
import type { Result, Run, RunTimeline } from '../../bench/result.ts'
import type { Scenario } from '../../bench/scenario.ts'
import { BLAMES } from '../../model/blame.ts'
import { lockRows } from '../bench-table.ts'
import { valueText } from '../numbers.ts'
import { recordedRows } from '../recorded-table.ts'
import { outcomeMatrix } from './charts/outcomes.ts'
import { percentileChart } from './charts/percentiles.ts'
import { timelineChart } from './charts/timeline.ts'
import { trialChart } from './charts/trials.ts'
import { commandText } from './command-text.ts'
import { type Figure, NO_TABLE } from './spec.ts'

/** All figures of runs that were interleaved under one load: those that a reader looks for first, and the others. */
export function figuresOf(
  runs: readonly Run[],
  scenario: Scenario | undefined,
  result: Result,
): { readonly main: Figure[]; readonly others: Figure[] } {
  const [latency, ...latencies] = latencyFigures(runs, result)
  return {
    main: [
      ...decidingFigure(runs, scenario, result),
      ...patchFigures(runs, result),
      ...trialFigures(runs, scenario, result),
      ...(latency === undefined ? [] : [latency]),
      ...recordedFigure(runs, result),
      ...lockFigure(runs, result),
      ...outcomeFigure(runs, result),
      ...blockedFigure(runs, result),
      ...timelineFigures(runs, result),
    ],
    others: latencies,
  }
}

type Common = Pick<Figure, 'kind' | 'command'>
export const commonOf = ({ kind }: Run, result: Result): Common => ({ kind, command: commandText(result.command) })

/** The deciding figures of all variants with their intervals: the basis of the answer. */
function decidingFigure(runs: readonly Run[], scenario: Scenario | undefined, result: Result): Figure[] {
  const rows = (scenario?.decides ?? []).flatMap(({ metric, reads, means }) => {
    if (runs.every(({ metrics }) => metrics[metric] === undefined)) return []
    return [[reads, ...runs.map((run) => metricText(metric, run)), means]]
  })
  if (rows.length === 0) return []
  return [
    {
      ...commonOf(runs[0]!, result),
      title: 'the figures that decide',
      caption:
        'Median over the trials, with its 95 % interval where there are several. The first row carries the claim.',
      body: { type: 'table' },
      table: { columns: ['figure', ...runs.map(({ variant }) => variant), 'what it means'], rows },
    },
  ]
}

function metricText(name: string, { metrics }: Run): string {
  const metric = metrics[name]
  if (metric === undefined) return '-'
  const text = (value: number) => valueText(name, value, metric.unit)
  const [low, high] = metric.ci95.map(text)
  return low === high ? text(metric.median) : `${text(metric.median)} [${low}, ${high}]`
}

/** Trials of a variant below which dots would show nothing that the table does not. */
const FEWEST_DOTS = 3

const WATCHED: readonly MetricName[] = ['faults_per_second', 'retries_per_fault', 'flushes_per_unmap']

function trialFigures(runs: readonly Run[], scenario: Scenario | undefined, result: Result): Figure[] {
  if (runs.every(({ trials }) => trials.length < FEWEST_DOTS)) return []
  const metrics = new Set([...(scenario?.decides.map(({ metric }) => metric) ?? []), ...WATCHED])
  return [...metrics].flatMap((metric) => {
    const decision = scenario?.decides.find((each) => each.metric === metric)
    const title = decision?.reads ?? metric.replaceAll('_', ' ').replace(/ per second$/, '/s')
    const chart = trialChart(runs, metric, title)
    if (chart === undefined) return []
    const means = decision === undefined ? '' : ` What it means: ${decision.means}.`
    const caption =
      runs[0]!.kind === 'measured'
        ? `Each dot is a trial; the line is the median, its band the 95 % interval.${means}`
        : `Each dot is a modelled run of one seed.${means}`
    return [{ ...commonOf(runs[0]!, result), title, caption, ...chart }]
  })
}

function latencyFigures(runs: readonly Run[], result: Result): Figure[] {
  const names = [...new Set(runs.flatMap(({ histograms }) => Object.keys(histograms)))]
  return names.flatMap((name) => {
    const chart = percentileChart(runs, name)
    if (chart === undefined) return []
    const hasDots = chart.body.series.some(({ style }) => style === 'dots')
    const dots = hasDots ? '; the dots are the medians over the trials with their 95 % intervals' : ''
    const note = name === 'fault_latency_ns' ? timedFaultsNote(runs) : undefined
    const caption = `Latency by percentile, all trials of a variant together${dots}${note === undefined ? '' : `; ${note}`}.`
    return [{ ...commonOf(runs[0]!, result), title: titleOf(name), caption, ...chart }]
  })
}

/** `mmu_lock_wait_ns_read`: of mmu_lock, for read. */
const titleOf = (histogram: string) =>
  histogram
    .replace(/_ns_(read|write)$/, ', for $1')
    .replace(/_ns$/, '')
    .replaceAll('_', ' ')
    .replace('mmu lock', 'mmu_lock')

/** The recorded kernel's own waits beside those of its replay. */
function recordedFigure(runs: readonly Run[], result: Result): Figure[] {
  const [header, ...rows] = recordedRows(runs)
  if (header === undefined) return []
  const caption = 'Waits for mmu_lock that the recorded kernel saw, beside those of each variant in the replay.'
  return [
    {
      ...commonOf(runs[0]!, result),
      title: 'the recorded kernel beside its replay',
      caption,
      body: { type: 'table' },
      table: { columns: header, rows },
    },
  ]
}

function lockFigure(runs: readonly Run[], result: Result): Figure[] {
  const rows = runs.flatMap((run) => lockRows(run).rows.map((row) => [run.variant, ...row]))
  if (rows.length === 0) return []
  const note = holdsNote(runs.flatMap(({ locks }) => locks))
  const caption =
    'Acquisitions and waits for each lock and side, the longest total wait first in each variant; R is for read, W for write.'
  return [
    {
      ...commonOf(runs[0]!, result),
      title: 'locks',
      caption: note === undefined ? caption : `${caption} ${note}`,
      body: { type: 'table' },
      table: { columns: ['variant', ...lockRows(runs[0]!).columns], rows },
    },
  ]
}

function outcomeFigure(runs: readonly Run[], result: Result): Figure[] {
  const matrix = outcomeMatrix(runs)
  if (matrix === undefined) return []
  const caption = 'How often each outcome occurred. "!" marks an interesting outcome, "!!" a forbidden one.'
  return [{ ...commonOf(runs[0]!, result), title: 'outcomes', caption, ...matrix }]
}

function blockedFigure(runs: readonly Run[], result: Result): Figure[] {
  const rows = runs.flatMap(({ variant, model }) =>
    (model?.blocked ?? []).map(({ role, count, ns }) => {
      const whole = Object.values(ns).reduce((sum, time) => sum + time, 0)
      const kinds = ['busy', ...BLAMES.map(({ name }) => name as string)].filter((kind) => (ns[kind] ?? 0) > 0)
      return { name: `${variant}: ${count} ${role}`, parts: kinds.map((name) => ({ name, share: ns[name]! / whole })) }
    }),
  )
  if (rows.length === 0) return []
  const kinds = [...new Set(rows.flatMap(({ parts }) => parts.map(({ name }) => name)))]
  return [
    {
      ...commonOf(runs[0]!, result),
      title: 'where the time went',
      caption: 'Shares of the virtual time of each role, by activity.',
      body: { type: 'stack', rows },
      table: {
        columns: ['role', ...kinds],
        rows: rows.map(({ name, parts }) => [
          name,
          ...kinds.map((kind) => {
            const part = parts.find((each) => each.name === kind)
            return part === undefined ? '-' : `${(part.share * 100).toPrecision(3)} %`
          }),
        ]),
      },
    },
  ]
}

function timelineFigures(runs: readonly Run[], result: Result): Figure[] {
  const own = runs.flatMap((run) => {
    const chart = run.timeline === undefined ? undefined : timelineChart(run.timeline)
    if (chart === undefined) return []
    const left = run.timeline!.cpus.reduce((sum, cpu) => sum + cpu.left, 0)
    const caption = `Time since the first event of an extra trial, seed ${run.timeline!.seed}. A line leads from an invalidation to each retry that it caused.${left === 0 ? '' : ` ${left.toLocaleString('en')} later events were not kept.`}`
    return [{ ...commonOf(run, result), title: `timeline of ${run.variant}`, caption, ...chart }]
  })
  return own.length === 0 ? [] : [...kernelTimelineFigure(runs, result), ...own]
}

/** The activity of the recorded kernel, over the duration of the longest timeline of its replay. */
function kernelTimelineFigure(runs: readonly Run[], result: Result): Figure[] {
  const [{ recorded, params }] = runs as readonly [Run, ...Run[]]
  if (recorded?.timeline === undefined) return []
  const mostNs =
    params.speed === '1'
      ? Math.max(...runs.map(({ timeline }) => spanOf(timeline?.cpus ?? [])))
      : Number.POSITIVE_INFINITY
  const fromNs = startOf(recorded.timeline)
  const cpus = recorded.timeline.map((cpu) => ({
    ...cpu,
    events: cpu.events.filter(([ns]) => ns - fromNs <= mostNs),
  }))
  const chart = timelineChart({ seed: 0, cpus })
  if (chart === undefined) return []
  const caption =
    'The recorded activity of the tasks that are replayed below, from the first invalidation on: their faults and invalidations, and their waits for mmu_lock. A hold is drawn from the end of a wait to the next SPTE of the same thread, which is a lower bound.'
  return [
    {
      ...commonOf(runs[0]!, result),
      kind: 'recorded',
      title: 'timeline of the recorded kernel',
      caption,
      ...chart,
      body: { ...chart.body, isApart: true },
    },
  ]
}

const timesOf = (cpus: RunTimeline['cpus']) => cpus.flatMap(({ events }) => events.map(([ns]) => ns))
const startOf = (cpus: RunTimeline['cpus']) =>
  timesOf(cpus).reduce((least, ns) => Math.min(least, ns), Number.POSITIVE_INFINITY)
const spanOf = (cpus: RunTimeline['cpus']) => {
  const times = timesOf(cpus)
  return times.length === 0 ? 0 : times.reduce((most, ns) => Math.max(most, ns), 0) - startOf(cpus)
}

/** The difference between the user's patch and the variant that it was made from. */
export function patchFigures(runs: readonly Run[], result: Result): Figure[] {
  return runs.flatMap(({ variant, patch, ...run }) => {
    if (patch === undefined) return []
    const caption = `The difference between ${patch.file} and ${patch.base}, function by function.`
    const body = { type: 'text', lines: patch.diff.split('\n'), isCode: true } as const
    return [{ ...commonOf({ variant, ...run }, result), title: `the patch ${variant}`, caption, body, table: NO_TABLE }]
  })
}
