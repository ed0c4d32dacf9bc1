import { cutTo } from '../report/fit.ts'
import type { Io } from './io.ts'

const WIDTH = 16
const ESCAPE = '\x1b'
/** Moves up by this many lines, to the beginning of the line, and clears the screen below. */
const overwrite = (lines: number) => `${lines === 0 ? '' : `${ESCAPE}[${lines}A`}\r${ESCAPE}[J`
/** The prefix of every text that overwrites earlier output of the program. */
export const OVERWRITE = new RegExp(`^(?:${ESCAPE}\\[\\d+A)?\r${ESCAPE}\\[J`)
const NARROWEST = 20

/** One line on the terminal that is redrawn: the progress of a plan and its remaining time; below it the watched workers. */
export class Progress {
  readonly #io: Io
  readonly #isWanted: boolean
  readonly #isShown: boolean
  #bar = ''
  #watched: readonly string[] = []
  /** Lines above the one on which the cursor stands. */
  #above = 0
  #beganMs = performance.now()
  #firstDone = 0

  constructor(io: Io, isWanted: boolean) {
    this.#io = io
    this.#isWanted = isWanted
    this.#isShown = isWanted && io.isErrTty
  }

  show(done: number, total: number, label: string): void {
    if (!this.#isShown) return
    // The estimate begins with the first trial: what comes before takes another time.
    if (done === 0) {
      this.#beganMs = performance.now()
      this.#firstDone = done
    }
    const perTrial = (performance.now() - this.#beganMs) / Math.max(1, done - this.#firstDone)
    const left = done === 0 ? '' : `, ${Math.ceil(((total - done) * perTrial) / 1000)} s left`
    const filled = Math.round((done / total) * WIDTH)
    const bar = '#'.repeat(filled).padEnd(WIDTH, '.')
    // The label is last, because a narrow terminal may cut it off.
    this.#bar = `[${bar}] ${done}/${total}${left}: ${label}`
    this.#draw()
  }

  /** Lines below that of the progress, which stay until others come. */
  watched(lines: readonly string[]): void {
    if (!this.#isShown) return
    this.#watched = lines
    this.#draw()
  }

  /** A line that stays. */
  note(text: string): void {
    if (!this.#isWanted) return
    this.clear()
    this.#io.err(`${text}\n`)
  }

  clear(): void {
    if (!this.#isShown) return
    this.#io.err(overwrite(this.#above))
    this.#above = 0
    this.#watched = []
  }

  /** Draws only what fits on the screen: the rest could not be overwritten. */
  #draw(): void {
    const { columns, rows } = this.#io.errSize ?? {}
    const most = rows === undefined ? Number.POSITIVE_INFINITY : Math.max(1, rows - 1)
    const lines = [this.#bar, ...this.#watched].slice(0, most)
    const shown = columns === undefined ? lines : lines.map((line) => cutTo(line, Math.max(NARROWEST, columns - 1)))
    this.#io.err(`${overwrite(this.#above)}${shown.join('\n')}`)
    this.#above = shown.length - 1
  }
}
