import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Builder, ownTree, revision, type Tree, withTree } from '../bench/ab/checkout.ts'
import { mergeParts } from '../bench/ab/merge.ts'
import { interleave, noiseOf, partsOf, type Rounds, type Runner } from '../bench/ab/rounds.ts'
import { compare } from '../bench/comparing/compare.ts'
import { BY_REVISION } from '../bench/comparing/layout.ts'
import { FaultlineError } from '../bench/error.ts'
import type { Result } from '../bench/result.ts'
import { validate } from '../bench/schema.ts'
import { compareText } from '../report/compare-text.ts'
import type { BenchArgs } from './bench-flags.ts'
import { integer, milliseconds } from './flags.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'
import { Progress } from './progress.ts'
import { checkWritable, resultPath, saveAtomically } from './save.ts'

const exec = promisify(execFile)

/** Fewer pairs of rounds could not show anything, whatever the difference. */
const FEWEST_ROUNDS = 6
/** So many, that a table of fifteen figures still shows a tenth where rounds differ by 3 %: see docs/comparing.md. */
const ROUNDS = '12'
const AA_ROUNDS = 5
const MOST_OUTPUT = 1 << 28

/** Flags that are about the whole comparison; the others go to each process of each side. */
const OWN_FLAGS = ['ab', 'trials', 'seed', 'out', 'time-budget', 'aa']
const OWN_SWITCHES = ['json', 'quiet', 'no-progress', 'quick']

/** Compares the current tree with another revision of it, and prints what differs. */
export async function benchAb(ref: string, args: BenchArgs, io: Io): Promise<ExitCode> {
  const { result, out } = await runAb(ref, args, io)
  io.out(args.json ? JSON.stringify(result, null, 1) : `${compareText(comparisonOf(result), [])}\n\n${out}`)
  return exitCodeOf(result, io)
}

/** Trials of the current tree and of another revision, interleaved, on this host, now. */
export async function runAb(ref: string, args: BenchArgs, io: Io): Promise<{ result: Result; out: string }> {
  checkArgs(args, io)
  const rounds = integer('trials', args.trials ?? ROUNDS, FEWEST_ROUNDS, 10_000)
  const git = await revision(ref)
  const out = args.out ?? resultPath('ab', new Date())
  checkWritable(out)
  const builder: Builder = { node: io.node, signal: io.signal }
  const progress = new Progress(io, !args.noProgress && !args.quiet)
  progress.show(0, 1, `building ${ref}`)
  const head = await ownTree(builder)
  const result = await withTree(git, builder, async (base) => {
    const ran = await interleave(runnerOf(base, args, io), runnerOf(head, args, io), {
      rounds,
      aaRounds: Math.min(AA_ROUNDS, Math.floor(rounds / 2)),
      seed: integer('seed', args.seed ?? '1', 0, 0xffff_ffff),
      progress: (done, total, label) => progress.show(done, total, label),
      isOver: deadline(args, io),
    })
    return validate(resultOf(ran, { ...base, name: ref }, head, io))
  })
  progress.clear()
  saveAtomically(out, `${JSON.stringify(result, null, 1)}\n`)
  return { result, out }
}

const comparisonOf = (result: Result) =>
  compare([{ name: 'this run', result }], { by: BY_REVISION, alpha: 0.05, force: false, metrics: [] })

function exitCodeOf({ runs }: Result, io: Io): ExitCode {
  if (io.signal.aborted) return EXIT.interrupted
  if (runs.some(({ error }) => error !== null)) return EXIT.failed
  return runs.some(({ outcomes }) => outcomes.some(({ grade }) => grade === 'forbidden')) ? EXIT.regression : EXIT.fine
}

function checkArgs(args: BenchArgs, io: Io): void {
  const refuse = (message: string, hint: string) => new FaultlineError('BAD_AB', 'usage', message, { hint })
  if (!io.command.some((word) => word === '--ab' || word.startsWith('--ab='))) {
    throw refuse('--ab cannot come from a file', 'Write it on the command line.')
  }
  if (args.trace === '-') throw refuse('standard input can be read only once', 'Give the recording as a file.')
  if (args.locks || args.layout) throw refuse('--ab prints a comparison only', 'Leave --locks and --layout out.')
}

/** Stops when the time is used up, but not before there is something to be said. */
function deadline({ timeBudget, quick }: BenchArgs, io: Io): (rounds: number) => boolean {
  const budget =
    timeBudget === undefined ? (quick ? 15_000 : Number.POSITIVE_INFINITY) : milliseconds('time-budget', timeBudget)
  const end = performance.now() + budget
  return (rounds) => io.signal.aborted || (rounds >= FEWEST_ROUNDS && performance.now() > end)
}

/** One round in a fresh process of that tree: both sides are run by what they themselves have on the command line. */
function runnerOf({ folder }: Tree, { scenario, quick }: BenchArgs, io: Io): Runner {
  const main = join(folder, 'dist', 'cli', 'main.js')
  const words = [...wordsFor(io.command), ...(quick ? ['--duration', '100ms', '--warmup', '100ms'] : [])]
  return async (seed) => {
    const place = mkdtempSync(join(os.tmpdir(), 'faultline-round-'))
    const file = join(place, 'round.json')
    const own = ['--trials', '1', '--seed', String(seed), '--quiet', '--out', file]
    try {
      await exec(io.node, [main, ...words, ...own], { signal: io.signal, maxBuffer: MOST_OUTPUT })
    } catch (cause) {
      const { code, stderr } = cause as { code?: number | string; stderr?: string }
      // A forbidden outcome is an outcome; so is a run that failed and says so in its result.
      if (code !== EXIT.regression && code !== EXIT.failed) throw failed(folder, scenario, String(stderr ?? cause))
    }
    try {
      return validate(JSON.parse(readFileSync(file, 'utf8')), file)
    } catch (cause) {
      throw failed(folder, scenario, String(cause))
    } finally {
      rmSync(place, { recursive: true, force: true })
    }
  }
}

const failed = (folder: string, scenario: string | undefined, said: string) =>
  new FaultlineError(
    'ROUND_FAILED',
    'run',
    `a round of ${scenario ?? 'the plan'} could not be run: ${said.trim().split('\n')[0]}`,
    {
      context: { tree: folder },
      hint: 'A revision that does not know the scenario, a variant or a flag cannot be compared by it.',
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
