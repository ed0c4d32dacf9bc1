import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { Asked } from './job-worker.ts'
import { newControl, Side } from './pair/side.ts'
import type { Job, Report } from './run-check.ts'
import type { Counts } from './search.ts'

type Message = {
  readonly counts?: Counts
  readonly report?: Report
  readonly hasHelped?: true
  readonly failed?: unknown
}

/** A running exploration, and the port over which another thread can help. */
type UnderWay = {
  readonly job: Job
  readonly port: MessagePort
  readonly control: SharedArrayBuffer
  isHelped: boolean
}

/** A thread that has nothing else to do is started for this only if an exploration takes longer. */
const HELP_AFTER_MS = 1000

/**
 * Runs explorations on `threads` threads, the longest last come, first served as they are listed; returns the reports in the
 * order of the jobs. A thread for which no exploration is left helps with one that is under way. `onProgress` receives how many are
 * done, and the counts of one that is under way.
 */
export async function runJobs(
  jobs: readonly Job[],
  threads: number,
  signal: AbortSignal,
  onProgress: (done: number, job: Job, counts: Counts | undefined) => void,
): Promise<Report[]> {
  const reports: Report[] = new Array(jobs.length)
  const underWay = new Set<UnderWay>()
  const over = new AbortController()
  const stopped = AbortSignal.any([signal, over.signal])
  // Each thread listens, and there may be more threads than the listeners from which on Node warns of a leak.
  setMaxListeners(0, stopped)
  let next = 0
  let done = 0

  const explore = async (worker: Worker, index: number) => {
    const job = jobs[index]!
    const { port1, port2 } = new MessageChannel()
    const one: UnderWay = { job, port: port2, control: newControl(), isHelped: false }
    underWay.add(one)
    onProgress(done, job, undefined)
    const asked: Asked = { job, link: { port: port1, control: one.control }, helps: false }
    const report = await ask(worker, asked, (counts) => onProgress(done, job, counts))
      .catch((error) => {
        // Explorations that were running when the user interrupted are lost; finished ones are kept.
        if (signal.aborted) return undefined
        throw error
      })
      .finally(() => underWay.delete(one))
    if (!one.isHelped) port2.close()
    if (report !== undefined) reports[index] = report
    done += 1
  }

  /** Helps as long as there is an exploration without a helper. */
  const help = async (worker: () => Worker) => {
    for (;;) {
      const one = [...underWay].find(({ job, isHelped }) => !isHelped && canBeHelped(job))
      if (one === undefined || signal.aborted) return
      one.isHelped = true
      const { job, port, control } = one
      // A cause of failure also shows in the exploration itself, which continues alone.
      await ask(worker(), { job, link: { port, control }, helps: true }, () => {}).catch(() => Side.lose(control))
    }
  }

  const work = async () => {
    const thread = new Thread(stopped)
    try {
      while (next < jobs.length && !signal.aborted) {
        next += 1
        await explore(thread.worker, next - 1)
      }
      await help(() => thread.worker)
    } finally {
      await thread.end()
    }
  }

  const helpLater = async () => {
    await sleep(HELP_AFTER_MS, undefined, { signal: stopped }).catch(() => {})
    if (stopped.aborted) return
    const thread = new Thread(stopped)
    try {
      await help(() => thread.worker)
    } finally {
      await thread.end()
    }
  }

  const helpers = Array.from({ length: threads > jobs.length ? 1 : 0 }, helpLater)
  await Promise.all(Array.from({ length: Math.min(threads, jobs.length) }, work)).finally(() => over.abort())
  await Promise.all(helpers)
  return reports.filter((report) => report !== undefined)
}

/** Random modes have one order. */
const canBeHelped = ({ limits }: Job): boolean => limits.mode === 'exhaustive'

/** A thread that explores, from when it is needed until the user interrupts it. */
class Thread {
  readonly #signal: AbortSignal
  #worker: Worker | undefined
  readonly #stop = () => void this.#worker?.terminate()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  get worker(): Worker {
    if (this.#worker === undefined) {
      this.#worker = new Worker(new URL('job-worker.js', import.meta.url), {
        resourceLimits: { maxOldGenerationSizeMb: 4096 },
      })
      this.#signal.addEventListener('abort', this.#stop, { once: true })
    }
    return this.#worker
  }

  async end(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#stop)
    await this.#worker?.terminate()
  }
}

const failedText = (about: string, cause: unknown) =>
  new Error(`exploring ${about} failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })

/** The report; undefined for a job that only helped. */
function ask(worker: Worker, asked: Asked, onCounts: (counts: Counts) => void): Promise<Report | undefined> {
  return new Promise((resolve, reject) => {
    const { job } = asked
    const about = `${job.check} ${job.variant} (${job.configuration})`
    const settle = (then: () => void) => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      then()
    }
    const onMessage = ({ counts, report, hasHelped, failed }: Message) => {
      if (counts !== undefined) onCounts(counts)
      else if (report !== undefined || hasHelped) settle(() => resolve(report))
      else settle(() => reject(failedText(about, failed)))
    }
    const onError = (error: Error) => settle(() => reject(error))
    const onExit = () => settle(() => reject(new Error(`exploring ${about} was stopped`)))
    worker.on('message', onMessage).on('error', onError).on('exit', onExit)
    worker.postMessage(asked, [asked.link.port as MessagePort])
  })
}
