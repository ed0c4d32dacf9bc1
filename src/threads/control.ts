// The phases of a run. In phase 0, before the start, workers gather.

/** All roles run, nothing counts yet. */
export const WARMUP = 1
/** All roles run and are measured. */
export const MEASURE = 2
/** A worker that ends its operation stops counting, but runs on until the last has ended its own: the load stays whole. */
export const DRAIN = 3
/** All counting is over, and the workers are kept: each waits between two of its operations, for another window or the end. */
export const PARK = 4
/** All counting is over: roles return. */
export const STOP = 5

/** The part of a recording that is rehearsed before it is played: for the compiler, so it may be short. */
export const REHEARSAL_NS = 1e9

/** Which of the words is the phase. */
export const PHASE = 0
const ARRIVED = 1
const DRAINED = 2
const ABORTED = 3
const ORIGIN = 4
const WANTED = 5
const PARKED = 6
const WORDS = 7
/** Each on its own line. */
const STRIDE = 32
/** How many words control a run, with their lines. */
export const CONTROL_WORDS = WORDS * STRIDE

/** The few words that control a run. The phase only grows, but for `reopen()`. */
export class Control {
  readonly words: Int32Array<SharedArrayBuffer>
  readonly #origin: Float64Array

  constructor(words = new Int32Array(new SharedArrayBuffer(CONTROL_WORDS * 4))) {
    this.words = words
    this.#origin = new Float64Array(words.buffer, words.byteOffset + ORIGIN * STRIDE * 4, 1)
  }

  get phase(): number {
    return Atomics.load(this.words, PHASE)
  }

  get arrived(): number {
    return Atomics.load(this.words, ARRIVED * STRIDE)
  }

  get drained(): number {
    return Atomics.load(this.words, DRAINED * STRIDE)
  }

  get isAborted(): boolean {
    return Atomics.load(this.words, ABORTED * STRIDE) !== 0
  }

  /** The origin of the run's clock on `performance.now()`, which has one origin in all threads. Set before the start. */
  get originMs(): number {
    return this.#origin[0]!
  }

  set originMs(ms: number) {
    this.#origin[0] = ms
  }

  /** Moves to a later phase and wakes the workers that wait for it; a phase that has been passed is left alone. */
  advance(phase: number): void {
    for (;;) {
      const now = Atomics.load(this.words, PHASE)
      if (now >= phase || Atomics.compareExchange(this.words, PHASE, now, phase) === now) break
    }
    Atomics.notify(this.words, PHASE)
  }

  /** Asks the leader to begin a phase when it is between two operations. */
  want(phase: number): void {
    Atomics.store(this.words, WANTED * STRIDE, phase)
  }

  /** Leader: between two operations, begins the phase that is wanted. Pairs with `want()`. */
  beginWanted(): void {
    const wanted = Atomics.load(this.words, WANTED * STRIDE)
    if (wanted > this.phase) this.advance(wanted)
  }

  /** Worker: waits at a barrier until this phase, or a later one, has begun; false if the run was aborted meanwhile. */
  arriveAndWait(until: number = WARMUP): boolean {
    Atomics.add(this.words, ARRIVED * STRIDE, 1)
    for (;;) {
      const phase = Atomics.load(this.words, PHASE)
      if (phase >= until) return !this.isAborted
      Atomics.wait(this.words, PHASE, phase, 100)
    }
  }

  /** Worker: has stopped counting; the last one stops the run, or parks the workers. */
  drainedOne(cpus: number, next: typeof STOP | typeof PARK = STOP): void {
    if (Atomics.add(this.words, DRAINED * STRIDE, 1) + 1 === cpus) this.advance(next)
  }

  /** How many workers are parked. */
  get parked(): number {
    return Atomics.load(this.words, PARKED * STRIDE)
  }

  /** Worker: waits until the next window, or the end of the run, begins. Pairs with `reopen()` and `advance()`. */
  park(): void {
    Atomics.add(this.words, PARKED * STRIDE, 1)
    while (Atomics.load(this.words, PHASE) === PARK) Atomics.wait(this.words, PHASE, PARK, 100)
  }

  /** Begins the warm-up of another window, when all workers are parked. Publishes the cleared words to them by the phase. */
  reopen(): void {
    for (const word of [DRAINED, WANTED, PARKED]) Atomics.store(this.words, word * STRIDE, 0)
    Atomics.compareExchange(this.words, PHASE, PARK, WARMUP)
    Atomics.notify(this.words, PHASE)
  }

  /** Gives the run up: every wait ends with `RunAborted`. */
  abort(): void {
    Atomics.store(this.words, ABORTED * STRIDE, 1)
    this.advance(STOP)
  }
}

/** Thrown out of a wait when the run is aborted; the worker's task ends with it. */
export class RunAborted extends Error {
  static readonly #MESSAGE = 'the run was aborted'

  constructor() {
    super(RunAborted.#MESSAGE)
    this.name = 'RunAborted'
  }

  /** On its way from a worker an error loses its class and its name; this gives them back. */
  static revive(error: unknown): unknown {
    if (!(error instanceof Error) || error.message !== RunAborted.#MESSAGE) return error
    return Object.assign(new RunAborted(), { stack: error.stack })
  }
}
