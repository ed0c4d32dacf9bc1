import type { TraceLine } from './trace-line.ts'

/** Counts events that stand in a recording twice, one line right behind the other: perf records them so if an event was named twice. */
export class Repeats {
  count = 0
  #bytes: Buffer | undefined
  #start = 0
  #end = 0

  see({ bytes, start, end }: TraceLine): void {
    // In another buffer the line before may be overwritten by now.
    const isSame = bytes === this.#bytes && end - start === this.#end - this.#start
    if (isSame && bytes.compare(bytes, this.#start, this.#end, start, end) === 0) this.count += 1
    this.#bytes = bytes
    this.#start = start
    this.#end = end
  }
}
