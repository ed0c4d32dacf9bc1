import type { Run } from '../../bench/result.ts'
import { type Exporter, fileName, labelsOf } from './exporter.ts'

const RATES = ['faults_per_second', 'operations_per_second']
/** The value that its runner writes for an unmeasured figure: processes, as we have only threads, and the idle time. */
const UNMEASURED = -1

/** will-it-scale's CSV: what this many tasks did together in a second, and what they would do with linear scaling. */
export const willItScale: Exporter = {
  name: 'will-it-scale',
  says: "will-it-scale's CSV of throughput by tasks, one file per variant",
  extension: 'csv',
  files: ({ runs }) => {
    const series = new Map<string, Run[]>()
    for (const run of runs.filter((each) => rateOf(each) !== undefined)) {
      const { vcpus: _, workers: __, ...others } = labelsOf(run)
      const name = fileName(others, run.machine)
      series.set(name, [...(series.get(name) ?? []), run])
    }
    return [...series].map(([name, own]) => ({ name, text: text(own) }))
  },
}

const rateOf = ({ metrics }: Run) => RATES.map((name) => metrics[name]).find((metric) => metric !== undefined)?.median

const tasksOf = ({ params }: Run) => Number(params.vcpus ?? params.workers ?? 1)

function text(runs: readonly Run[]): string {
  const points = runs.map((run) => ({ tasks: tasksOf(run), rate: rateOf(run)! })).sort((a, b) => a.tasks - b.tasks)
  const one = points[0]!.rate / points[0]!.tasks
  const idle = UNMEASURED.toFixed(2)
  const rows = points.map(({ tasks, rate }) =>
    [tasks, UNMEASURED, idle, Math.round(rate), idle, Math.round(one * tasks)].join(','),
  )
  return `${['tasks,processes,processes_idle,threads,threads_idle,linear', '0,0,100,0,100,0', ...rows].join('\n')}\n`
}
