import type { Result, Run } from '../../bench/result.ts'
import { rest } from './escape.ts'
import { type Exporter, fileName, hdrOf, labelsOf } from './exporter.ts'

/**
 * HdrHistogram's interval log 1.3: one interval for each histogram, with its run and its name in the tag.
 * HistogramLogProcessor reads untagged intervals unless it is given a tag: a log of one interval has no tag, all others do.
 */
export const hlog: Exporter = {
  name: 'hlog',
  says: 'HdrHistogram log 1.3, one interval per histogram',
  extension: 'hlog',
  files: (result) => {
    const rows = result.runs.flatMap(rowsOf)
    if (rows.length === 0) return []
    const isOne = rows.length === 1
    const lines = rows.map(({ tag, row }) => (isOne ? row : `Tag=${tag},${row}`))
    return [{ name: 'histograms', text: `${[...head(result, rows), ...lines].join('\n')}\n` }]
  },
}

type Row = { readonly tag: string; readonly row: string }

function head({ createdAt }: Result, rows: readonly Row[]): string[] {
  const time = new Date(createdAt).getTime()
  const seconds = Number.isFinite(time) ? time / 1000 : 0
  const stated =
    rows.length === 1
      ? [`#[The interval is ${rows[0]!.tag}]`]
      : [
          '#[Every interval has a tag: HistogramLogProcessor needs -tag TAG, and reads nothing without it. The tags are]',
          ...[...new Set(rows.map(({ tag }) => tag))].map((tag) => `#[-tag ${tag}]`),
        ]
  return [
    '#[Histogram log format version 1.3]',
    `#[StartTime: ${seconds.toFixed(3)} (seconds since epoch), ${rest(createdAt)}]`,
    '#[Values are ns; Interval_Max is in us; Interval_Length is the time of all trials that recorded]',
    ...stated,
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
  ]
}

function rowsOf(run: Run): Row[] {
  // Runs without modes, as the model's, record in all their trials.
  const timed = run.trials.filter(({ mode }) => run.kind === 'modelled' || mode !== 'throughput')
  const recorded = timed.length === 0 ? run.trials : timed
  const seconds = recorded.reduce((sum, { durationNs }) => sum + durationNs, 0) / 1e9
  return Object.entries(run.histograms).map(([name, { max, hdr }]) => ({
    tag: fileName(labelsOf(run), run.machine, name),
    row: `0.000,${secondsText(seconds)},${(max / 1000).toFixed(3)},${hdrOf(run, name, hdr)}`,
  }))
}

/** A modelled run takes less than the ms that logs usually know. */
const secondsText = (seconds: number) => seconds.toFixed(seconds < 1 ? 9 : 3)
