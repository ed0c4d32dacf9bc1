import type { TraceLine } from './trace-line.ts'

/** An hour: no host that is being recorded is silent for so long. */
const LONGEST_PAUSE_NS = 3600e9

/** A backward step of the time: the line, and the amount. */
export type Step = { readonly line: number; readonly byNs: number }

/**
 * Times of a trace in ns since its first event. Seconds are subtracted before they are multiplied: a clock that counts since
 * 1970 has more digits than a double.
 */
export class TraceClock {
  #seconds = -1
  #nanos = 0
  #latestNs = 0
  #seen = 0
  /** A time far ahead of all others: if the next is as far, the recording had a pause. */
  #doubtfulNs = Number.NEGATIVE_INFINITY
  #doubtfulLine = 0
  /** The ends of pauses of more than an hour, and the longest of all pauses. */
  readonly longPauses: number[] = []
  longestPauseNs = 0
  /** The shortest distance of two events that are not at the same time: the clock's step, if there are many. */
  stepNs = Number.POSITIVE_INFINITY
  /** Events at the time of the one before. */
  together = 0
  /** How often time went backwards, and where first: the file is not in order. */
  backwards = 0
  firstStep: Step | undefined
  /** Lines that give no time, or the ticks of a clock whose rate is not known. */
  timeless = 0
  ticking = 0

  /** NaN: the time is so far from those before it that it can only be damaged. */
  nsOf(line: TraceLine, lineNumber: number): number {
    if (line.time !== 'seconds') return this.#untimed(line)
    if (this.#seconds < 0) this.#beginAt(line)
    let ns = this.#since(line)
    this.#seen += 1
    // It is the first time that is damaged, then; after more than one the clock was set, or another recording begins.
    if (ns < -LONGEST_PAUSE_NS && this.#seen === 2) {
      this.#beginAt(line)
      ns = 0
    }
    const sinceNs = ns - this.#latestNs
    if (sinceNs > LONGEST_PAUSE_NS) {
      if (Math.abs(ns - this.#doubtfulNs) > LONGEST_PAUSE_NS) {
        this.#doubtfulNs = ns
        this.#doubtfulLine = lineNumber
        return Number.NaN
      }
      this.longPauses.push(this.#doubtfulLine)
    }
    if (sinceNs > this.longestPauseNs) this.longestPauseNs = sinceNs
    if (sinceNs === 0) this.together += 1
    if (sinceNs > 0 && sinceNs < this.stepNs) this.stepNs = sinceNs
    if (sinceNs >= 0) this.#latestNs = ns
    else this.#stepBack(lineNumber, this.#latestNs - ns)
    return Math.max(0, ns)
  }

  /** Whether there was an event before the current one. */
  get isRunning(): boolean {
    return this.#seen > 1
  }

  get spanNs(): number {
    return this.#latestNs
  }

  #beginAt({ seconds, nanos }: TraceLine): void {
    this.#seconds = seconds
    this.#nanos = nanos
    this.#latestNs = 0
  }

  #since({ seconds, nanos }: TraceLine): number {
    return (seconds - this.#seconds) * 1e9 + nanos - this.#nanos
  }

  #untimed({ time }: TraceLine): number {
    if (time === 'none') this.timeless += 1
    else this.ticking += 1
    return 0
  }

  #stepBack(line: number, byNs: number): void {
    this.backwards += 1
    this.firstStep ??= { line, byNs }
  }
}
