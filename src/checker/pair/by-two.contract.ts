import { MessageChannel, Worker } from 'node:worker_threads'
import type { Check } from '../check.ts'
import { exploreByTwo, exploreTogether } from '../explore.ts'
import type { Explored } from '../explored.ts'
import type { Job } from '../run-check.ts'
import { type Link, newControl, Side } from './side.ts'

/** A thread that helps this one with one exploration after the other, from the first state on. */
export class Pair {
  readonly #worker = new Worker(new URL('../job-worker.js', import.meta.url))

  /** The result of both. */
  explore(check: Check, job: Job): Explored {
    return exploreByTwo(check.program(job.variant, job.configuration), job.limits, this.#linkFor(job))
  }

  /** The report. `isLost`: the helper ends as soon as it has joined. */
  report(check: Check, job: Job, isLost = false): Explored {
    const link = this.#linkFor(job)
    if (isLost) Side.lose(link.control)
    return exploreTogether(check.program(job.variant, job.configuration), job.limits, link, undefined, undefined, 0)
  }

  #linkFor(job: Job): Link {
    const { port1, port2 } = new MessageChannel()
    const control = newControl()
    this.#worker.postMessage({ job, link: { port: port2, control }, helps: true }, [port2])
    const link = { port: port1, control }
    const side = new Side(link, 0)
    side.waitUntil(() => side.isReady)
    return link
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }
}
