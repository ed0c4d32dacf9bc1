/**
 * Where each CPU stands, for the watchdog: one line of words a CPU, written by that CPU only, read by the main thread.
 *
 *   heartbeat   counts the operations of its role
 *   waits       counts the waits it has begun: it lives as long as one of the two changes
 *   word        the word it waits on, plus 1, or 0
 *   mask, want  it waits for (word & mask) === want; mask 0: until the word is no longer `want`
 *   lock, side  the lock whose slow path it is in, plus 1, or 0; the outer one, if that lock is made of another
 *   ended       1 as soon as it has been measured, 2 when its role has returned
 */
const STRIDE = 32
const HEARTBEAT = 0
const WAITS = 1
const WORD = 2
const MASK = 3
const WANT = 4
const LOCK = 5
const SIDE = 6
const ENDED = 7

/** Which of them names the lock whose slow path the CPU is in, plus 1. */
export const slowPathWord = (cpu: number): number => cpu * STRIDE + LOCK

/** Which of them is the heartbeat. */
export const heartbeatWord = (cpu: number): number => cpu * STRIDE + HEARTBEAT

/** How many words the standing of so many CPUs takes. */
export const standingWords = (cpus: number): number => cpus * STRIDE

export type Standing = {
  readonly heartbeat: number
  readonly waits: number
  /** -1 if it does not wait. */
  readonly word: number
  readonly mask: number
  readonly want: number
  /** -1 if it is in no slow path. */
  readonly lock: number
  readonly side: number
  readonly isDrained: boolean
  readonly hasReturned: boolean
}

export class Status {
  readonly words: Int32Array<SharedArrayBuffer>

  constructor(words: Int32Array<SharedArrayBuffer>) {
    this.words = words
  }

  static forCpus(cpus: number): Status {
    return new Status(new Int32Array(new SharedArrayBuffer(standingWords(cpus) * 4)))
  }

  of(cpu: number): Standing {
    const at = (field: number) => Atomics.load(this.words, cpu * STRIDE + field)
    return {
      heartbeat: at(HEARTBEAT),
      waits: at(WAITS),
      word: at(WORD) - 1,
      mask: at(MASK),
      want: at(WANT),
      lock: at(LOCK) - 1,
      side: at(SIDE),
      isDrained: at(ENDED) >= 1,
      hasReturned: at(ENDED) === 2,
    }
  }

  /** Main thread: a worker that is parked is measured again. */
  reopen(cpu: number): void {
    Atomics.store(this.words, cpu * STRIDE + ENDED, 0)
  }

  /** The writer's side: plain stores are enough, as nothing is decided by them while the run is well. */
  writer(cpu: number): StatusWriter {
    return new StatusWriter(this.words.subarray(cpu * STRIDE, (cpu + 1) * STRIDE))
  }
}

export class StatusWriter {
  readonly #own: Int32Array

  constructor(own: Int32Array) {
    this.#own = own
  }

  beat(): void {
    this.#own[HEARTBEAT]! += 1
  }

  drained(): void {
    this.#own[ENDED] = 1
  }

  returned(): void {
    this.#own[ENDED] = 2
  }

  waitBegin(word: number, mask: number, want: number): void {
    this.#own[WAITS]! += 1
    this.#own[MASK] = mask
    this.#own[WANT] = want
    this.#own[WORD] = word + 1
  }

  parkBegin(word: number, expected: number): void {
    this.waitBegin(word, 0, expected)
  }

  waitEnd(): void {
    this.#own[WORD] = 0
  }

  contentionBegin(lock: number, side: number): void {
    if (this.#own[LOCK] !== 0) return
    this.#own[SIDE] = side
    this.#own[LOCK] = lock + 1
  }

  contentionEnd(lock: number): void {
    if (this.#own[LOCK] === lock + 1) this.#own[LOCK] = 0
  }
}
