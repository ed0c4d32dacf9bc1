import type { Io } from './io.ts'

const WIDTH = 24
/** To the beginning of the line, and empty it. */
export const OVERWRITE = '\r\x1b[K'

/** One line on the terminal that is written over: how far a plan is, and how long it may still take. */
export class Progress {
  readonly #io: Io
  readonly #isWanted: boolean
  readonly #isShown: boolean
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
    this.#io.err(`${OVERWRITE}[${bar}] ${done}/${total} ${label}${left}`)
  }

  /** A line that stays. */
  note(text: string): void {
    if (!this.#isWanted) return
    this.clear()
    this.#io.err(`${text}\n`)
  }

  clear(): void {
    if (this.#isShown) this.#io.err(OVERWRITE)
  }
}
