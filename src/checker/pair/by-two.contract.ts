import { MessageChannel, Worker } from 'node:worker_threads'
import type { Check } from '../check.ts'
import { exploreByTwo } from '../explore.ts'
import type { Explored } from '../explored.ts'
import type { Job } from '../run-check.ts'
import { newControl, Side } from './side.ts'

/** A thread that helps this one with one exploration after the other, from the first state on. */
export class Pair {
  readonly #worker = new Worker(new URL('../job-worker.js', import.meta.url))

  explore(check: Check, job: Job): Explored {
    const { port1, port2 } = new MessageChannel()
    const control = newControl()
    this.#worker.postMessage({ job, link: { port: port2, control }, helps: true }, [port2])
    const side = new Side({ port: port1, control }, 0)
    side.waitUntil(() => side.isReady)
    return exploreByTwo(check.program(job.variant, job.configuration), job.limits, { port: port1, control })
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }
}
