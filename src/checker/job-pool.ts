import { Worker } from 'node:worker_threads'
import type { Counts } from './exhaust.ts'
import type { Job, Report } from './run-check.ts'

type Message = { readonly counts?: Counts; readonly report?: Report; readonly failed?: unknown }

/**
 * Runs explorations on `threads` threads, the longest last come, first served as they are listed; returns the reports in the
 * order of the jobs. `onProgress` receives how many are done, and the counts of one that is under way.
 */
export async function runJobs(
  jobs: readonly Job[],
  threads: number,
  signal: AbortSignal,
  onProgress: (done: number, job: Job, counts: Counts | undefined) => void,
): Promise<Report[]> {
  const reports: Report[] = new Array(jobs.length)
  let next = 0
  let done = 0
  const work = async () => {
    const worker = new Worker(new URL('job-worker.js', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 4096 },
    })
    const stop = () => void worker.terminate()
    signal.addEventListener('abort', stop, { once: true })
    try {
      while (next < jobs.length && !signal.aborted) {
        const index = next
        next += 1
        const job = jobs[index]!
        onProgress(done, job, undefined)
        const report = await ask(worker, job, (counts) => onProgress(done, job, counts)).catch((error) => {
          // What was under way when the user interrupted is lost; what was finished is not.
          if (signal.aborted) return undefined
          throw error
        })
        if (report !== undefined) reports[index] = report
        done += 1
      }
    } finally {
      signal.removeEventListener('abort', stop)
      await worker.terminate()
    }
  }
  await Promise.all(Array.from({ length: Math.min(threads, jobs.length) }, work))
  return reports.filter((report) => report !== undefined)
}

const failedText = (about: string, cause: unknown) =>
  new Error(`exploring ${about} failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })

function ask(worker: Worker, job: Job, onCounts: (counts: Counts) => void): Promise<Report> {
  return new Promise((resolve, reject) => {
    const about = `${job.check} ${job.variant} (${job.configuration})`
    const settle = (then: () => void) => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      then()
    }
    const onMessage = ({ counts, report, failed }: Message) => {
      if (counts !== undefined) onCounts(counts)
      else if (report !== undefined) settle(() => resolve(report))
      else settle(() => reject(failedText(about, failed)))
    }
    const onError = (error: Error) => settle(() => reject(error))
    const onExit = () => settle(() => reject(new Error(`exploring ${about} was stopped`)))
    worker.on('message', onMessage).on('error', onError).on('exit', onExit)
    worker.postMessage(job)
  })
}
