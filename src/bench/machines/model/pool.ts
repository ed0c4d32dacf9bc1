import { Piscina } from 'piscina'
import { ModelFailed } from '../../../errors/faultline-error.ts'
import { usableCores } from '../../host.ts'
import { type Answer, type ModelTask, type PlayedTrial, playTask, received } from './task.ts'

/**
 * The cost of a further thread before it is as fast as this one: about a second of CPU, for its modules and until its
 * code is optimised. A plan that ends sooner is faster without it.
 */
const ALONE_MS = 1000

/** A thread whose runs are shorter has the next one waiting: this thread may be too busy to hand it one in time. */
const SHORT_MS = 50
const WAITING = 1

type Place = 'here' | 'thread'

/**
 * Carries modelled runs out, in the order in which they were asked for: first on this thread alone, and when that has taken a while, as
 * many at a time as the host has cores.
 */
export class ModelPool {
  readonly #cores: number
  readonly #aloneMs: number
  readonly #ended = new AbortController()
  readonly #signal: AbortSignal
  readonly #waiting: ((place: Place) => void)[] = []
  readonly #free: Place[] = ['here']
  #alone: NodeJS.Timeout | undefined
  #threads: Piscina | undefined
  /** Whether threads have runs waiting. */
  #areFed = false

  constructor(signal: AbortSignal, cores = usableCores(), aloneMs = ALONE_MS) {
    this.#signal = AbortSignal.any([signal, this.#ended.signal])
    this.#cores = cores
    this.#aloneMs = aloneMs
    signal.addEventListener('abort', () => void this.end(), { once: true, signal: this.#ended.signal })
  }

  get cores(): number {
    return this.#cores
  }

  /** `taskOf`: called when its turn has come, unless it was aborted by then. */
  async run(taskOf: () => ModelTask, givenUp: AbortSignal): Promise<PlayedTrial> {
    this.#alone ??= setTimeout(() => this.#addThreads(), this.#aloneMs).unref()
    const place = await new Promise<Place>((resolve) => {
      this.#waiting.push(resolve)
      this.#giveOut()
    })
    try {
      if (this.#signal.aborted || givenUp.aborted) throw interrupted()
      const played = received(await this.#play(taskOf(), place))
      if (place === 'thread' && played.ms < SHORT_MS) this.#feed()
      return played
    } finally {
      this.#free.push(place)
      this.#giveOut()
    }
  }

  #giveOut(): void {
    while (this.#free.length > 0 && this.#waiting.length > 0) this.#waiting.shift()!(this.#free.shift()!)
  }

  #addThreads(): void {
    if (this.#signal.aborted) return
    for (let thread = 1; thread < this.#cores; thread += 1) this.#free.push('thread')
    this.#giveOut()
  }

  #feed(): void {
    if (this.#areFed) return
    this.#areFed = true
    for (let waiting = 0; waiting < (this.#cores - 1) * WAITING; waiting += 1) this.#free.push('thread')
  }

  /** Aborts the running tasks. */
  async end(): Promise<void> {
    clearTimeout(this.#alone)
    this.#ended.abort()
    await this.#threads?.destroy()
  }

  async #play(task: ModelTask, place: Place): Promise<Answer> {
    if (place === 'here') return await playTask(task, this.#signal)
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
      maxThreads: this.#cores - 1,
      concurrentTasksPerWorker: 1 + WAITING,
      idleTimeout: Number.POSITIVE_INFINITY,
      recordTiming: false,
    })
    // A thread may still answer an aborted task: the pool then reports a message that nothing waits for.
    threads.on('error', (cause) => {
      if (!this.#signal.aborted) throw cause
    })
    return threads
  }
}

const interrupted = () => new ModelFailed('INTERRUPTED', 'the run was aborted')
