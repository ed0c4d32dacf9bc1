import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ownTree, revision, type Tree, withTree } from '../bench/ab/checkout.ts'
import { type Builder, ChildFailed, runChild } from '../bench/ab/child.ts'
import { mergeParts } from '../bench/ab/merge.ts'
import { ownerOf } from '../bench/ab/owner.ts'
import { interleave, noiseOf, partsOf, type Rounds, type Runner } from '../bench/ab/rounds.ts'
import { Sequence } from '../bench/ab/sequential.ts'
import { type Comparison, compare } from '../bench/comparing/compare.ts'
import { BY_REVISION } from '../bench/comparing/layout.ts'
import { resultText } from '../bench/digest.ts'
import type { Result } from '../bench/result.ts'
import { validate } from '../bench/schema.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { compareText } from '../report/compare-text.ts'
import { sequentialText } from '../report/sequential-text.ts'
import type { BenchArgs } from './bench-flags.ts'
import { inputsOf } from './files/inputs.ts'
import { type Kept, ResultFile } from './files/result-file.ts'
import { integer, milliseconds } from './flags.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'
import { Progress } from './progress.ts'
import { styleOf } from './terminal.ts'

/** Fewer pairs of rounds could not show anything, whatever the difference. */
const FEWEST_ROUNDS = 6
/** So many, that a table of fifteen figures still shows a tenth where rounds differ by 3 %: see docs/comparing.md. */
const ROUNDS = '12'
/** As many as a time budget may have rounds. */
const MOST_ROUNDS = '500'
const QUICK_MS = 15_000
/** The probability of a false alarm in the whole comparison. */
const ALPHA = 0.05
const AA_ROUNDS = 5

/** Flags that are about the whole comparison; the others go to each process of each side. */
const OWN_FLAGS = ['ab', 'trials', 'seed', 'out', 'time-budget', 'aa']
const OWN_SWITCHES = ['json', 'quiet', 'no-progress', 'quick', 'force']

/** What came of a comparison, and where it is kept. Interrupted in its first round it has no result. */
export type Compared = { readonly result: Result | undefined; readonly kept: Kept }

/** Compares the current tree with another revision of it, and prints what differs. */
export async function benchAb(ref: string, args: BenchArgs, io: Io): Promise<ExitCode> {
  const { result, kept } = await runAb(ref, args, io)
  if (result === undefined) return EXIT.interrupted
  io.out(args.json ? resultText(result).trimEnd() : compareText(comparisonOf(result), [], styleOf(io)))
  if (!args.json && result.sequential !== undefined) io.out(`\n${sequentialText(result.sequential)}`)
  if (!args.json && kept.path !== undefined) io.out(`\n${kept.path}`)
  return exitCodeOf(result, kept, io)
}

/** Trials of the current tree and of another revision, interleaved, on this host, now. */
export async function runAb(ref: string, args: BenchArgs, io: Io): Promise<Compared> {
  checkArgs(args, io)
  const budget = budgetOf(args)
  const rounds = integer('trials', args.trials ?? (budget === undefined ? ROUNDS : MOST_ROUNDS), FEWEST_ROUNDS, 10_000)
  const sequence = new Sequence(ALPHA)
  const progress = new Progress(io, !args.noProgress && !args.quiet)
  const git = await revision(ref)
  const { out, force } = args
  const note = (text: string) => io.err(`${text}\n`)
  const file = new ResultFile({ out, plan: 'ab', force, inputs: inputsOf(args), note }, undefined)
  io.keeps('No round was finished, so nothing is written; its worktree is gone.')
  const builder = builderOf(io)
  progress.show(0, 1, `building ${ref}`)
  const head = await ownTree(builder)
  const ran = await withTree(git, builder, async (base, folder) => {
    const began = performance.now()
    const sofar = (all: Rounds) => resultOf(all, { ...base, name: ref }, head, io)
    const isOver = (done: number, all: Rounds) => {
      if (io.signal.aborted || budget === undefined || done < FEWEST_ROUNDS) return io.signal.aborted
      return sequence.isOver(done, (performance.now() - began) / budget, (alpha) => comparisonOf(sofar(all), alpha))
    }
    const all = await interleave(runnerOf(base, folder, builder, args, io), runnerOf(head, folder, builder, args, io), {
      rounds,
      aaRounds: Math.min(AA_ROUNDS, Math.floor(rounds / 2)),
      seed: integer('seed', args.seed ?? '1', 0, 0xffff_ffff),
      progress: (done, total, label) => progress.show(done, total, label),
      isOver,
      isInterrupted: () => io.signal.aborted,
    })
    if (all.head.length === 0) return undefined
    return budget === undefined ? sofar(all) : { ...sofar(all), sequential: sequence.end(all.head.length) }
  })
  progress.clear()
  if (ran === undefined) return { result: undefined, kept: { path: undefined, says: undefined } }
  const done = ran.runs[0] === undefined ? 0 : new Set(ran.runs[0].trials.map(({ seed }) => seed)).size
  const result = io.signal.aborted ? cut(ran, done, rounds) : ran
  const kept = file.finish(result, !io.signal.aborted)
  if (kept.says !== undefined) io.err(`faultline: ${kept.says}\n`)
  io.keeps(`${kept.path ?? 'No file'} has ${done} of ${rounds} rounds; its worktree is gone.`)
  return { result, kept }
}

const builderOf = ({ node, signal }: Io): Builder => ({
  node,
  signal,
  owner: ownerOf(process.pid),
  end: (group, how) => {
    try {
      process.kill(-group, how)
    } catch {
      // It has ended in the meantime.
    }
  },
})

const cut = (result: Result, done: number, rounds: number): Result => ({
  ...result,
  runs: result.runs.map((run) => {
    const trials = run.trials.length
    return { ...run, interrupted: { trials, of: Math.round((trials / Math.max(1, done)) * rounds) } }
  }),
})

export const comparisonOf = (result: Result, alpha = ALPHA): Comparison =>
  compare([{ name: 'this run', result }], { by: BY_REVISION, alpha, force: false, metrics: [] })

function exitCodeOf({ runs }: Result, kept: Kept, io: Io): ExitCode {
  if (io.signal.aborted) return EXIT.interrupted
  if (kept.trouble !== undefined || runs.some(({ error }) => error !== null)) return EXIT.failed
  return runs.some(({ outcomes }) => outcomes.some(({ grade }) => grade === 'forbidden')) ? EXIT.regression : EXIT.fine
}

function checkArgs(args: BenchArgs, io: Io): void {
  const refuse = (message: string, hint: string) => new FaultlineError('BAD_AB', 'usage', message, { hint })
  if (!io.command.some((word) => word === '--ab' || word.startsWith('--ab='))) {
    throw refuse('--ab cannot come from a file', 'Write it on the command line.')
  }
  if (args.resume !== undefined) throw refuse('--ab starts from scratch each time', 'Leave --resume out.')
  if (args.trace === '-') throw refuse('standard input can be read only once', 'Give the recording as a file.')
  if (args.locks || args.layout) throw refuse('--ab prints a comparison only', 'Leave --locks and --layout out.')
}

/** ms, or undefined where the number of rounds is the budget. */
function budgetOf({ timeBudget, quick }: BenchArgs): number | undefined {
  if (timeBudget === undefined) return quick ? QUICK_MS : undefined
  return milliseconds('time-budget', timeBudget)
}

/** One round in a fresh process of that tree: both sides are run by what they themselves have on the command line. */
function runnerOf(tree: Tree, place: string, builder: Builder, { scenario, quick }: BenchArgs, io: Io): Runner {
  const main = join(tree.folder, 'dist', 'cli', 'main.js')
  const words = [...wordsFor(io.command), ...(quick ? ['--duration', '100ms', '--warmup', '100ms'] : [])]
  const file = join(place, 'round.json')
  return async (seed) => {
    const own = ['--trials', '1', '--seed', String(seed), '--quiet', '--out', file]
    rmSync(file, { force: true })
    try {
      await runChild(builder.node, [main, ...words, ...own], builder)
    } catch (cause) {
      const code = cause instanceof ChildFailed ? cause.exitCode : undefined
      // A forbidden outcome is an outcome; so is a run that failed and says so in its result.
      if (io.signal.aborted || (code !== EXIT.regression && code !== EXIT.failed)) throw failed(tree, scenario, cause)
    }
    try {
      return validate(JSON.parse(readFileSync(file, 'utf8')), file)
    } catch (cause) {
      throw failed(tree, scenario, cause)
    }
  }
}

const failed = ({ folder }: Tree, scenario: string | undefined, cause: unknown) =>
  new FaultlineError(
    'ROUND_FAILED',
    'run',
    `a round of ${scenario ?? 'the plan'} could not be run: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      context: { tree: folder },
      hint: 'A revision that does not know the scenario, a variant or a flag cannot be compared by it.',
      cause,
    },
  )

/** The words of the command without the flags that are about the whole. */
export function wordsFor(command: readonly string[]): string[] {
  const words: string[] = []
  for (let index = 0; index < command.length; index += 1) {
    const word = command[index]!
    const name = /^--([^=]+)/.exec(word)?.[1]
    if (name !== undefined && OWN_SWITCHES.includes(name)) continue
    if (name !== undefined && OWN_FLAGS.includes(name)) {
      if (!word.includes('=')) index += 1
      continue
    }
    words.push(word)
  }
  return words
}

function resultOf(ran: Rounds, base: Tree & { readonly name: string }, head: Tree, io: Io): Result {
  const last = ran.head.at(-1)!.result
  const bases = partsOf(ran.base).map((parts, index) =>
    mergeParts(parts, { name: base.name, git: base.git, side: 'base' }, noiseOf(ran.aa, index)),
  )
  const heads = partsOf(ran.head).map((parts) =>
    mergeParts(parts, { name: 'this tree', git: head.git, side: 'head' }, undefined),
  )
  return {
    ...last,
    command: io.command,
    source: { ...last.source, git: head.git, dirty: head.dirty },
    runs: [...bases, ...heads],
  }
}
