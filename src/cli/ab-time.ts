import type { BenchArgs } from './bench-args.ts'
import { planOf } from './bench-plan.ts'
import type { Io } from './io.ts'
import { limitMs, limitSignal, timeLeftMs } from './time-limit.ts'

/** Share of the time for rounds that the base may take to run against itself. */
const ITSELF_SHARE = 0.25
/** Rounds of the base against itself, at the least that is planned for. */
const FEWEST_ITSELF = 2

/** Time for ending a process, removing the worktree, and printing the report. */
const AT_THE_END_MS = 3000

/** The time limit of a comparison of revisions, and how much of it is used. Without a limit there is always time left. */
export class ComparisonTime {
  /** Aborted when the time is up, or on a signal to the process. */
  readonly signal: AbortSignal
  readonly isLimited: boolean
  readonly #limit: AbortSignal
  readonly #io: Io
  readonly #endMs: number
  #beganMs: number
  #lastMs: number
  #longestMs = 0

  constructor(args: Pick<BenchArgs, 'quick' | 'timeBudget'>, io: Io) {
    const limit = limitMs(args)
    const now = performance.now()
    this.isLimited = limit !== undefined
    this.#limit = limitSignal(args, io, AT_THE_END_MS)
    this.signal = AbortSignal.any([io.signal, this.#limit])
    this.#io = io
    this.#endMs = limit === undefined ? Number.POSITIVE_INFINITY : now + timeLeftMs(limit, io, AT_THE_END_MS)
    this.#beganMs = now
    this.#lastMs = now
  }

  /** The time was up, and nothing else ended the comparison. */
  get isUp(): boolean {
    return this.#limit.aborted && !this.#io.signal.aborted
  }

  /** Called when both trees are built: the rest of the time is for rounds. */
  begin(): void {
    this.#beganMs = performance.now()
    this.#lastMs = this.#beganMs
  }

  /** A pair of processes has ended. */
  pairEnded(): void {
    const now = performance.now()
    this.#longestMs = Math.max(this.#longestMs, now - this.#lastMs)
    this.#lastMs = now
  }

  /** Whether another pair would finish, if it takes as long as the longest so far. */
  hasRoom(): boolean {
    return performance.now() + this.#longestMs <= this.#endMs
  }

  /** Whether the A/A share of the time is used up. */
  hasRunAgainstItself(): boolean {
    const used = performance.now() - this.#beganMs + this.#longestMs
    return used > ITSELF_SHARE * (this.#endMs - this.#beganMs)
  }

  /** The part of the time for rounds that is used. */
  part(): number {
    return (performance.now() - this.#beganMs) / (this.#endMs - this.#beganMs)
  }

  /** The flags with which this many rounds, and a few of the base against itself, fit into the time that is left. */
  async loadFlags(args: BenchArgs, rounds: number): Promise<readonly string[]> {
    if (!this.isLimited) return []
    const processes = 2 * (rounds + FEWEST_ITSELF)
    const each = `${Math.max(1, Math.floor((this.#endMs - performance.now()) / processes))}ms`
    const round = { ...args, quick: false, timeBudget: each, trials: '1', ab: undefined }
    const { options } = await planOf(round, { ...this.#io, uptimeMs: () => 0 })
    return [
      ...(args.duration === undefined ? ['--duration', `${options.durationMs}ms`] : []),
      ...(args.warmup === undefined ? ['--warmup', `${options.warmupMs}ms`] : []),
    ]
  }
}
