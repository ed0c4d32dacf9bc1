const NEWLINE = 0x0a
const RETURN = 0x0d

/** No event's line comes near this length. */
export const MAX_LINE = 65_536

/** Takes one line: bytes [start, end), valid until it returns. */
export type TakeLine = (bytes: Buffer, start: number, end: number) => void

/** Splits a stream into lines, wherever its chunks happen to be cut. If a line is too long, its beginning is passed on. */
export class Lines {
  readonly #take: TakeLine
  /** The beginning of a line whose end has not come yet. */
  #held: Buffer[] = []
  #heldLength = 0

  constructor(take: TakeLine) {
    this.#take = take
  }

  push(chunk: Buffer): void {
    let start = 0
    let newline = chunk.indexOf(NEWLINE)
    if (newline >= 0 && this.#heldLength > 0) {
      this.#hold(chunk.subarray(0, newline))
      this.#release(this.#take)
      start = newline + 1
      newline = chunk.indexOf(NEWLINE, start)
    }
    while (newline >= 0) {
      this.#take(chunk, start, chunk[newline - 1] === RETURN && newline > start ? newline - 1 : newline)
      start = newline + 1
      newline = chunk.indexOf(NEWLINE, start)
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start))
  }

  /** Whether the last line so far has no newline. */
  get isHolding(): boolean {
    return this.#heldLength > 0
  }

  /** Ends the text: the rest has no newline. */
  end(take: TakeLine = this.#take): void {
    if (this.#heldLength > 0) this.#release(take)
  }

  #hold(part: Buffer): void {
    const room = MAX_LINE - this.#heldLength
    // A held line is never empty, even if all its bytes so far exceed MAX_LINE.
    if (room > 0) this.#held.push(Buffer.from(part.subarray(0, room)))
    this.#heldLength += Math.min(part.length, Math.max(room, 0))
  }

  #release(take: TakeLine): void {
    const line = Buffer.concat(this.#held)
    this.#held = []
    this.#heldLength = 0
    take(line, 0, line.at(-1) === RETURN ? line.length - 1 : line.length)
  }
}
