import type { TraceLine } from './trace-line.ts'

/** Where time went back: the line, and by how much. */
export type Step = { readonly line: number; readonly byNs: number }

/**
 * Times of a trace in ns since its first event. Seconds are subtracted before they are multiplied: a clock that counts since
 * 1970 has more digits than a double.
 */
export class TraceClock {
  #seconds = -1
  #nanos = 0
  #latestNs = 0
  /** How often time went backwards, and where first: the file is not in order. */
  backwards = 0
  firstStep: Step | undefined
  /** Lines that give no time, or the ticks of a clock whose rate is not known. */
  timeless = 0
  ticking = 0

  nsOf(line: TraceLine, lineNumber: number): number {
    if (line.time !== 'seconds') return this.#untimed(line)
    if (this.#seconds < 0) {
      this.#seconds = line.seconds
      this.#nanos = line.nanos
    }
    const ns = (line.seconds - this.#seconds) * 1e9 + line.nanos - this.#nanos
    if (ns >= this.#latestNs) this.#latestNs = ns
    else this.#stepBack(lineNumber, this.#latestNs - ns)
    return Math.max(0, ns)
  }

  get spanNs(): number {
    return this.#latestNs
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
