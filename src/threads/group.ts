import type { ResourceLimits } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { type Control, RunAborted } from './control.ts'

/** How long a worker may take to stop on request before its thread is ended. */
const GRACE_MS = 1000

/**
 * A pool with one thread for each of `size` cooperating tasks: fresh workers, so that no run inherits what another taught
 * the compiler. Tasks meet at the barrier of a `Control`; when one fails, the others are stopped.
 */
export class WorkerGroup {
  readonly #pool: Piscina
  readonly size: number

  /** `module`: URL of the module whose named exports are the tasks. `limits`: of the memory of each worker. */
  constructor(module: URL, size: number, limits: ResourceLimits = {}) {
    this.size = size
    this.#pool = new Piscina({
      filename: module.href,
      minThreads: size,
      maxThreads: size,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      recordTiming: false,
      resourceLimits: limits,
    })
  }

  /**
   * Runs the task `name` once for each of `specs`, all at the same time. Settles when all have: a failing task aborts the
   * run, and a task that does not notice is ended. Tasks that fail because of another fail with `RunAborted`.
   */
  async run<T, R>(name: string, specs: readonly T[], control: Control): Promise<PromiseSettledResult<R>[]> {
    const killers = specs.map(() => new AbortController())
    let grace: NodeJS.Timeout | undefined
    const giveUp = () => {
      control.abort()
      grace ??= setTimeout(() => {
        for (const killer of killers) killer.abort(new Error('did not stop on request'))
      }, GRACE_MS)
    }
    const watch = setInterval(() => control.isAborted && giveUp(), 50)
    try {
      return await Promise.allSettled(
        specs.map((spec, index) =>
          (this.#pool.run(spec, { name, signal: killers[index]!.signal }) as Promise<R>).catch((error: unknown) => {
            giveUp()
            throw RunAborted.revive(error)
          }),
        ),
      )
    } finally {
      clearInterval(watch)
      clearTimeout(grace)
    }
  }

  async destroy(): Promise<void> {
    await this.#pool.destroy()
  }
}
