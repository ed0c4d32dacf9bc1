import type { TraceLine } from './trace-line.ts'

/** Clocks of CPUs may differ by so much without anybody being misled. */
const SKEW_NS = 1e6

/**
 * Times of a trace in ns since its first event. Seconds are subtracted before they are multiplied: a clock that counts since
 * 1970 has more digits than a double.
 */
export class TraceClock {
  #seconds = -1
  #nanos = 0
  #latestNs = 0
  /** How often time went backwards by more than CPUs' clocks differ: the file is not one recording in order. */
  backwards = 0

  nsOf(line: TraceLine): number {
    if (this.#seconds < 0) {
      this.#seconds = line.seconds
      this.#nanos = line.nanos
    }
    const ns = (line.seconds - this.#seconds) * 1e9 + line.nanos - this.#nanos
    if (ns >= this.#latestNs) this.#latestNs = ns
    else if (ns < this.#latestNs - SKEW_NS) this.backwards += 1
    return Math.max(0, ns)
  }

  get spanNs(): number {
    return this.#latestNs
  }
}
