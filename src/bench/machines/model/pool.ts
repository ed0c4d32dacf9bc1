import { Piscina } from 'piscina'
import { ModelFailed } from '../../../errors/faultline-error.ts'
import { usableCores } from '../../host.ts'
import { type Answer, type ModelTask, type PlayedTrial, playTask, received } from './task.ts'

/**
 * Carries modelled runs out, as many at a time as the host has cores, in the order in which they were asked for. With one core
 * there is no other thread.
 */
export class ModelPool {
  readonly #cores: number
  readonly #ended = new AbortController()
  readonly #signal: AbortSignal
  readonly #waiting: (() => void)[] = []
  #busy = 0
  #threads: Piscina | undefined

  constructor(signal: AbortSignal, cores = usableCores()) {
    this.#signal = AbortSignal.any([signal, this.#ended.signal])
    this.#cores = cores
    signal.addEventListener('abort', () => void this.end(), { once: true })
  }

  get cores(): number {
    return this.#cores
  }

  /** `taskOf`: called when its turn has come, if it has not been given up by then. */
  async run(taskOf: () => ModelTask, givenUp: AbortSignal): Promise<PlayedTrial> {
    if (this.#busy === this.#cores) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#busy += 1
    try {
      if (this.#signal.aborted || givenUp.aborted) throw interrupted()
      return received(await this.#play(taskOf()))
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#busy -= 1
      else next()
    }
  }

  /** Gives up what is under way. */
  async end(): Promise<void> {
    this.#ended.abort()
    await this.#threads?.destroy()
  }

  async #play(task: ModelTask): Promise<Answer> {
    if (this.#cores === 1) return await playTask(task, this.#signal)
    this.#threads ??= this.#startThreads()
    try {
      return (await this.#threads.run(task)) as Answer
    } catch (cause) {
      throw this.#signal.aborted ? interrupted() : cause
    }
  }

  #startThreads(): Piscina {
    const threads = new Piscina({
      filename: new URL('./task.js', import.meta.url).href,
      name: playTask.name,
      minThreads: 1,
      maxThreads: this.#cores,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      recordTiming: false,
    })
    // A thread may still answer what was given up: the pool then tells of a message for which nothing waits.
    threads.on('error', (cause) => {
      if (!this.#signal.aborted) throw cause
    })
    return threads
  }
}

const interrupted = () => new ModelFailed('INTERRUPTED', 'the run was aborted')
