import type { TraceLine } from './trace-line.ts'

/**
 * Counts events that occur twice, in consecutive lines: perf records them so if an event was named twice, and trace-cmd
 * if two of its buffers contain it.
 */
export class Repeats {
  count = 0
  #bytes: Buffer | undefined
  #isOwn = false
  #eventStart = 0
  #end = 0
  #pid = 0
  #cpu = 0
  #seconds = 0
  #nanos = 0

  see(line: TraceLine): void {
    const { bytes, eventStart, end, pid, cpu, seconds, nanos } = line
    if (
      nanos === this.#nanos &&
      seconds === this.#seconds &&
      pid === this.#pid &&
      cpu === this.#cpu &&
      end - eventStart === this.#end - this.#eventStart &&
      this.#isKept(bytes) &&
      // Lines of one time and length mostly differ in their last digits.
      bytes[end - 1] === this.#bytes![this.#end - 1] &&
      bytes.compare(this.#bytes!, this.#eventStart, this.#end, eventStart, end) === 0
    )
      this.count += 1
    this.#bytes = bytes
    this.#isOwn = line.start === 0 && end === bytes.length
    this.#eventStart = eventStart
    this.#end = end
    this.#pid = pid
    this.#cpu = cpu
    this.#seconds = seconds
    this.#nanos = nanos
  }

  /** A repaired line has its own bytes; in another block of the file, the previous line may be overwritten by now. */
  #isKept(bytes: Buffer): boolean {
    return this.#isOwn || bytes === this.#bytes
  }
}
