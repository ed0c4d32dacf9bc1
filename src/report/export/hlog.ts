import type { Result, Run } from '../../bench/result.ts'
import { type Exporter, fileName, telling } from './exporter.ts'

/** HdrHistogram's interval log 1.3: an interval a histogram, its run and its name in the tag. */
export const hlog: Exporter = {
  name: 'hlog',
  says: 'HdrHistogram log 1.3, an interval a histogram',
  extension: 'hlog',
  files: (result) => {
    const rows = result.runs.flatMap(rowsOf)
    return rows.length === 0 ? [] : [{ name: 'histograms', text: `${[...head(result), ...rows].join('\n')}\n` }]
  },
}

function head({ createdAt }: Result): string[] {
  const seconds = new Date(createdAt).getTime() / 1000
  return [
    '#[Histogram log format version 1.3]',
    `#[StartTime: ${seconds.toFixed(3)} (seconds since epoch), ${createdAt}]`,
    '#[Values are ns; Interval_Max is in us; Interval_Length is the time of all trials that recorded]',
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
  ]
}

function rowsOf(run: Run): string[] {
  // Runs without modes, as the model's, record in all their trials.
  const timed = run.trials.filter(({ mode }) => mode !== 'throughput')
  const seconds = timed.reduce((sum, { durationNs }) => sum + durationNs, 0) / 1e9
  return Object.entries(run.histograms).map(([name, { max, hdr }]) => {
    const tag = fileName(telling(run), run.machine, name)
    return `Tag=${tag},0.000,${seconds.toFixed(3)},${(max / 1000).toFixed(3)},${hdr}`
  })
}
