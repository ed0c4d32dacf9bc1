import type { CutOff, Job, Report } from './run-check.ts'
import { type Counts, noCounts } from './search.ts'

/** The report of an exploration that was cut off, or not begun: nothing is known of it. `counts`: how far it had come. */
const unexplored = (job: Job, because: CutOff, counts: Counts = noCounts()): Report => ({
  ...job,
  explored: {
    verdict: 'UNKNOWN',
    because,
    findings: [],
    schedule: null,
    patience: job.limits.patience,
    counts,
    ms: 0,
    limits: job.limits,
    waits: [],
  },
  replay: null,
  witness: null,
  isRepeatable: true,
  isAsExpected: false,
})

const keyOf = ({ check, variant, configuration }: Job) => `${check} ${variant} ${configuration}`

/** A report for every job, in their order: those that there are, and `UNKNOWN` for the others. */
export function reportsOfAll(
  jobs: readonly Job[],
  finished: readonly Report[],
  because: CutOff,
  begun: ReadonlyMap<Job, Counts>,
): Report[] {
  const found = new Map(finished.map((report) => [keyOf(report), report]))
  return jobs.map((job) => found.get(keyOf(job)) ?? unexplored(job, because, begun.get(job)))
}
