import { Lines, type TakeLine } from './lines.ts'
import { mended, type Stage } from './mend.ts'
import { type Paste, pasteOf } from './paste.ts'
import { type Recoder, recoderOf } from './recode.ts'

/** So much of a recording is looked at before any of it is taken in. */
const HEAD = 128 * 1024

/** The receiver of the lines of a recording: the last one apart if it has no end. */
export type Taker = {
  readonly take: TakeLine
  readonly takeUnended: TakeLine
  readonly leaveOut: (file: string) => void
}

/** Splits bytes into lines and reverses changes that their beginning reveals. */
export class Intake {
  readonly #taker: Taker
  #head: Buffer[] = []
  #headLength = 0
  #lines: Lines | undefined
  #stage: Stage | undefined
  #isLast = false
  /** Nothing has to be undone: lines go straight to the taker. */
  #isPlain = false
  #recoder: Recoder | undefined
  /** The beginning of the text, to identify it if it is no recording. */
  head = ''
  paste: Paste | undefined

  constructor(taker: Taker) {
    this.#taker = taker
  }

  push(chunk: Buffer): void {
    if (this.#lines !== undefined) {
      this.#lines.push(this.#recoder?.push(chunk) ?? chunk)
      return
    }
    this.#head.push(Buffer.from(chunk))
    this.#headLength += chunk.length
    if (this.#headLength >= HEAD) this.#begin()
  }

  end(): void {
    if (this.#lines === undefined) this.#begin()
    if (this.#recoder !== undefined) this.#lines!.push(this.#recoder.end())
    this.#isLast = this.#lines!.isHolding
    if (this.#isPlain) this.#lines!.end(this.#taker.takeUnended)
    else this.#lines!.end()
    this.#stage!.end()
  }

  #begin(): void {
    const first = Buffer.concat(this.#head)
    this.#recoder = recoderOf(first)
    const head = this.#recoder?.push(first) ?? first
    this.#head = []
    this.head = head.toString('latin1')
    // The last line may be cut here.
    this.paste = pasteOf(this.head.slice(0, this.head.lastIndexOf('\n') + 1) || this.head)
    const { take, takeUnended, leaveOut } = this.#taker
    const taken: TakeLine = (bytes, start, end) => (this.#isLast ? takeUnended : take)(bytes, start, end)
    this.#stage = mended(this.paste, taken, leaveOut)
    this.#isPlain = this.#stage.take === taken
    this.#lines = new Lines(this.#isPlain ? take : this.#stage.take)
    this.#lines.push(head)
  }
}
