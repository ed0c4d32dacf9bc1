import { revision } from '../bench/ab/checkout.ts'
import type { Result } from '../bench/result.ts'
import { resultText } from '../bench/result-text.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { compareText } from '../report/compare-text.ts'
import { sequentialText } from '../report/sequential-text.ts'
import { AA_ROUNDS, comparisonOf, FEWEST_ROUNDS, type Measured, measureRevisions } from './ab-measure.ts'
import { ComparisonTime } from './ab-time.ts'
import type { BenchArgs } from './bench-args.ts'
import { exitOfErrors } from './exit-of-errors.ts'
import { inputsOf } from './files/inputs.ts'
import { type Kept, ResultFile } from './files/result-file.ts'
import { integer } from './flags.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'
import { styleOf } from './terminal.ts'

/** Enough for a table of fifteen figures to show a change of 10 % where rounds differ by 3 %: see docs/comparing.md. */
const ROUNDS = '12'
/** The most rounds that a time budget can have. */
const MOST_ROUNDS = '500'

/** The result of a comparison, and where it is kept. Without a finished round there is no result. */
export type Compared = {
  readonly result: Result | undefined
  readonly kept: Kept
  /** With fewer rounds no difference could be shown. */
  readonly isTooShort: boolean
}

/** Compares the current tree with another revision of it, and prints what differs. */
export async function benchAb(ref: string, args: BenchArgs, io: Io): Promise<ExitCode> {
  const compared = await runAb(ref, args, io)
  const { result, kept } = compared
  if (result === undefined) return withoutResult(io)
  io.out(args.json ? resultText(result).trimEnd() : compareText(comparisonOf(result), [], styleOf(io)))
  if (!args.json && result.sequential !== undefined) io.out(`\n${sequentialText(result.sequential)}`)
  if (!args.json && kept.path !== undefined) io.out(`\n${kept.path}`)
  return exitCodeOf(result, compared, io)
}

/** The exit code of a comparison without a finished round. */
export const withoutResult = ({ signal }: Io): ExitCode => (signal.aborted ? EXIT.interrupted : EXIT.incomparable)

/** Trials of the current tree and of another revision, interleaved, on this host, now. */
export async function runAb(ref: string, args: BenchArgs, io: Io): Promise<Compared> {
  checkArgs(args, io)
  const time = new ComparisonTime(args, io)
  const asked = args.trials ?? (time.isLimited ? MOST_ROUNDS : ROUNDS)
  const rounds = integer('trials', asked, FEWEST_ROUNDS, 10_000)
  const git = await revision(ref)
  const { out, force } = args
  const note = (text: string) => io.err(`${text}\n`)
  const file = new ResultFile({ out, plan: 'ab', force, inputs: inputsOf(args), note }, undefined)
  const nothing = 'No round finished, so nothing was written;'
  io.keeps(`${nothing} the next --ab removes the remains of its worktree.`)
  const measured = await measureRevisions({ ref, git, rounds, args, time }, io).finally(() =>
    io.keeps(`${nothing} its worktree was removed.`),
  )
  const { result: ran, done } = measured
  const left = time.isLimited && !io.signal.aborted ? leftOut(measured, ref, args) : ''
  if (left !== '') io.err(`faultline: the time was up ${left}. Allow more with --time-budget.\n`)
  const isTooShort = done < FEWEST_ROUNDS
  if (ran === undefined) return { result: undefined, kept: { path: undefined, says: undefined }, isTooShort }
  const result = io.signal.aborted ? cut(ran, done, rounds) : ran
  const kept = file.finish(result)
  if (kept.says !== undefined) io.err(`faultline: ${kept.says}\n`)
  io.keeps(`${kept.path ?? 'No file'} has ${done} of ${rounds} rounds; its worktree was removed.`)
  return { result, kept, isTooShort }
}

/** Describes what the budget left out: rounds that were requested, or that a comparison needs. Empty if all ran. */
function leftOut({ done, ofItself, isBuilt }: Measured, ref: string, { trials }: BenchArgs): string {
  if (!isBuilt) return `while ${ref} was built, so nothing was measured`
  const wanted = trials === undefined ? FEWEST_ROUNDS : Number(trials)
  if (done >= wanted) return ''
  const rounds = `${done} of ${trials === undefined ? 'at least ' : ''}${wanted} rounds`
  const few = done < FEWEST_ROUNDS ? `; fewer than ${FEWEST_ROUNDS} show no change, of any size` : ''
  return `after ${rounds} (the base ran against itself in ${ofItself} of ${AA_ROUNDS})${few}`
}

const cut = (result: Result, done: number, rounds: number): Result => ({
  ...result,
  runs: result.runs.map((run) => {
    const trials = run.trials.length
    return { ...run, interrupted: { trials, of: Math.round((trials / Math.max(1, done)) * rounds) } }
  }),
})

function exitCodeOf({ runs }: Result, { kept, isTooShort }: Compared, io: Io): ExitCode {
  if (io.signal.aborted) return EXIT.interrupted
  if (kept.trouble !== undefined) return EXIT.failed
  const failed = exitOfErrors(runs)
  if (failed !== undefined) return failed
  if (runs.some(({ outcomes }) => outcomes.some(({ grade }) => grade === 'forbidden'))) return EXIT.regression
  return isTooShort ? EXIT.incomparable : EXIT.fine
}

function checkArgs(args: BenchArgs, io: Io): void {
  const refuse = (message: string, hint: string) => new FaultlineError('BAD_AB', 'usage', message, { hint })
  if (!io.command.some((word) => word === '--ab' || word.startsWith('--ab='))) {
    throw refuse('--ab cannot come from a file', 'Write it on the command line.')
  }
  if (args.resume !== undefined) throw refuse('--ab starts from scratch each time', 'Leave --resume out.')
  if (args.trace === '-') throw refuse('standard input can be read only once', 'Give the recording as a file.')
  if (args.refine !== undefined) {
    throw refuse('--refine would spend its points where one revision has its frontier', 'Leave --refine out.')
  }
  if (args.locks || args.layout || args.watch) {
    throw refuse('--ab prints a comparison only', 'Leave --locks, --layout and --watch out.')
  }
}
