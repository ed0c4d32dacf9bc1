import { Lines, type TakeLine } from './lines.ts'
import { mended, type Stage } from './mend.ts'
import { type Paste, pasteOf } from './paste.ts'
import { LINE_END } from './typeset.ts'

/** So much of a recording is looked at before any of it is taken in. */
const HEAD = 128 * 1024

/** A tag that ends a line is not longer than this. */
const LONGEST_TAG = 16
/** So long is no line on average. */
const UNBROKEN = 2000

const NEWLINE = 0x0a
const RETURN = 0x0d

function returnsToNewlines(bytes: Buffer): void {
  for (let at = bytes.indexOf(RETURN); at >= 0; at = bytes.indexOf(RETURN, at + 1)) bytes[at] = NEWLINE
}

function isUnbrokenPage(head: Buffer): boolean {
  const text = head.toString('latin1')
  const ends = text.match(LINE_END)?.length ?? 0
  return ends > 1 && text.split('\n').length * UNBROKEN < text.length
}

/** Breaks the lines of a web page that has no other ends of lines, however its bytes are cut. */
class WebPage {
  #rest = ''

  lines(chunk: Buffer): Buffer {
    const text = this.#rest + chunk.toString('latin1')
    const at = text.length - text.lastIndexOf('<') < LONGEST_TAG ? text.lastIndexOf('<') : text.length
    this.#rest = text.slice(at)
    return Buffer.from(text.slice(0, at).replace(LINE_END, '\n'), 'latin1')
  }

  end(): Buffer {
    return Buffer.from(this.#rest.replace(LINE_END, '\n'), 'latin1')
  }
}

/** The receiver of the lines of a recording: the last one apart if it has no end. */
export type Taker = {
  readonly take: TakeLine
  readonly takeUnended: TakeLine
  readonly leaveOut: (file: string) => void
}

/** Splits bytes into lines and undoes what was done to them, as their beginning shows. */
export class Intake {
  readonly #taker: Taker
  #head: Buffer[] = []
  #headLength = 0
  #lines: Lines | undefined
  #stage: Stage | undefined
  #isLast = false
  /** Nothing has to be undone: lines go straight to the taker. */
  #isPlain = false
  /** Lines end in a carriage return and nothing else; or in what ends lines on a web page. */
  #endsInReturns = false
  #page: WebPage | undefined
  /** The beginning of the text, to name what it is if it is no recording. */
  head = ''
  paste: Paste | undefined

  constructor(taker: Taker) {
    this.#taker = taker
  }

  push(chunk: Buffer): void {
    if (this.#endsInReturns) returnsToNewlines(chunk)
    if (this.#lines !== undefined) {
      this.#lines.push(this.#page?.lines(chunk) ?? chunk)
      return
    }
    this.#head.push(Buffer.from(chunk))
    this.#headLength += chunk.length
    if (this.#headLength >= HEAD) this.#begin()
  }

  end(): void {
    if (this.#lines === undefined) this.#begin()
    if (this.#page !== undefined) this.#lines!.push(this.#page.end())
    this.#isLast = this.#lines!.isHolding
    if (this.#isPlain) this.#lines!.end(this.#taker.takeUnended)
    else this.#lines!.end()
    this.#stage!.end()
  }

  #begin(): void {
    let head: Buffer = Buffer.concat(this.#head)
    this.#endsInReturns = !head.includes(NEWLINE) && head.includes(RETURN)
    if (this.#endsInReturns) returnsToNewlines(head)
    if (isUnbrokenPage(head)) {
      this.#page = new WebPage()
      head = this.#page.lines(head)
    }
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
