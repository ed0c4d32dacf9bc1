import os from 'node:os'
import type { Argv } from 'yargs'
import type { Check } from '../checker/check.ts'
import { reportText, untakenText } from '../checker/check-text.ts'
import { LIMITS } from '../checker/explore.ts'
import type { Cost } from '../checker/find-worst.ts'
import { runJobs } from '../checker/job-pool.ts'
import { checkWith, loadChecks } from '../checker/load-checks.ts'
import { MEMORY_MODELS, type MemoryModel } from '../checker/memory/model.ts'
import { type Replayed, replaySchedule } from '../checker/replay-schedule.ts'
import { type AskedLimits, jobsOf, type Report } from '../checker/run-check.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { nearestText } from '../errors/nearest.ts'
import type { PatchCode } from '../patches/code.ts'
import { isPatchFile, readPatch } from '../patches/read.ts'
import { fit } from '../report/fit.ts'
import { checkLitmus, isLitmusFile } from './check-litmus.ts'
import { checkLock } from './check-lock.ts'
import { checkMutants } from './check-mutants.ts'
import { pageAt, saveWitnesses, witnessesIn } from './check-report.ts'
import { checkWorst } from './check-worst.ts'
import type { Command } from './command.ts'
import { checkOutput, save } from './files/output.ts'
import { integer } from './flags.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'
import { kernelNamed, leftOutOnKernel, notOnKernel } from './kernels.ts'
import { checkPatchName } from './patches.ts'
import { Progress } from './progress.ts'
import { replayOnModel } from './replay-on-model.ts'

type Args = {
  readonly name: string | undefined
  readonly file: string | undefined
  readonly variant: string | undefined
  readonly kernel: string | undefined
  readonly configuration: string | undefined
  readonly replay: string | undefined
  readonly chromeTrace: string | undefined
  readonly force: boolean
  readonly retries: string | undefined
  readonly preemptions: string
  readonly states: string
  readonly depth: string
  readonly seconds: string
  readonly mode: 'exhaustive' | 'random' | 'pct'
  readonly seed: string
  readonly memory: MemoryModel | undefined
  readonly threads: string
  readonly mutants: boolean
  readonly worst: Cost | undefined
  readonly report: string | undefined
  readonly json: boolean
  readonly progress: boolean
}

export const check: Command<Args> = {
  flags: (yargs) =>
    yargs
      .positional('name', {
        type: 'string',
        describe: 'the check to run, a .litmus file, or `lock` with a FILE; all checks if omitted',
      })
      .positional('file', { type: 'string', describe: 'with `check lock`: the file that exports the lock, .js or .ts' })
      .option('variant', {
        type: 'string',
        requiresArg: true,
        describe: 'only this variant, such as B-STALE, or a patch: ./my-patch.ts',
      })
      .option('kernel', {
        type: 'string',
        requiresArg: true,
        describe: 'the kernel to explore, with every variant applied to it: v6.5',
      })
      .option('configuration', { type: 'string', requiresArg: true, describe: 'only this configuration' })
      .option('chrome-trace', {
        type: 'string',
        requiresArg: true,
        describe: 'with --replay: write the schedule, timed on the model altra-64, to a file for ui.perfetto.dev',
      })
      .option('force', {
        type: 'boolean',
        default: false,
        describe: 'with --chrome-trace or --report: replace an existing file',
      })
      .option('replay', {
        type: 'string',
        requiresArg: true,
        describe: 'replay the schedule that was printed with a witness',
      })
      .option('retries', {
        type: 'string',
        requiresArg: true,
        describe: 'how often a retry loop goes round before a pending signal ends it [default: set by each check]',
      })
      .option('preemptions', {
        type: 'string',
        default: `${LIMITS.preemptions}`,
        describe: 'first look for a witness with at most this many preemptions',
      })
      .option('states', {
        type: 'string',
        default: `${LIMITS.states}`,
        describe: 'stop with UNKNOWN after this many states',
      })
      .option('depth', { type: 'string', default: `${LIMITS.depth}`, describe: 'longest execution, in steps' })
      .option('seconds', {
        type: 'string',
        default: `${LIMITS.seconds}`,
        describe: 'time limit of one exploration, in seconds',
      })
      .option('mode', {
        choices: ['exhaustive', 'random', 'pct'] as const,
        default: 'exhaustive',
        describe: 'exhaustive search, or random sampling of what is too large for it',
      })
      .option('seed', { type: 'string', default: `${LIMITS.seed}`, describe: 'seed for --mode random and pct' })
      .option('memory', {
        choices: MEMORY_MODELS,
        requiresArg: true,
        describe:
          'memory model: sc (sequentially consistent, as JavaScript), tso (stores are delayed, as on x86), relaxed (stores and loads are reordered) [default: sc]',
      })
      .option('threads', {
        type: 'string',
        default: `${Math.min(2, os.availableParallelism())}`,
        describe: 'number of explorations that run at the same time',
      })
      .option('mutants', {
        type: 'boolean',
        default: false,
        describe:
          'leave out each step of a protocol, one at a time, and report whether the checker notices; exit code 1 if it does not and no reason is known',
      })
      .option('worst', {
        choices: ['retries', 'flushes', 'yields'] as const,
        describe: 'instead of a violation, find the schedule of --variant with the most retries, flushes or yields',
      })
      .option('report', {
        type: 'string',
        requiresArg: true,
        describe: 'write a page that shows every witness step by step',
      })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .option('progress', { type: 'boolean', default: true, hidden: true })
      .option('no-progress', { type: 'boolean', describe: 'print no progress line' }) as unknown as Argv<Args>,

  async run(given, io) {
    if (given.name === 'lock') return checkLock(given.file, limitsOf(given), given, io)
    if (given.file !== undefined) throw notAsked(given.file)
    if (isLitmusFile(given.name)) return checkLitmus(given.name, given, io)
    const { checks: known, args, refused } = await asAsked(await loadChecks(), given, io.node)
    const checks = choose(known, args, refused)
    const left = args.variant === undefined ? leftOutOnKernel(refused, args.kernel) : undefined
    if (left !== undefined) io.err(`faultline: ${left}\n`)
    if (args.mutants) {
      if (args.kernel !== undefined && checks.every(({ patch }) => patch === undefined))
        throw mutantsOnKernel(args.kernel)
      return checkMutants(checks, { ...args, threads: integer('threads', args.threads, 1, 64) }, io)
    }
    if (args.replay !== undefined) return replay(checks, args, args.replay, io)
    const limits = limitsOf(args)
    if (args.worst !== undefined) return checkWorst(checks, args.worst, limits, args, io)
    const page = args.report === undefined ? undefined : pageAt(args.report, args.force)
    const jobs = checks.flatMap((one) => jobsOf(one, limits, only(args)))
    const progress = new Progress(io, args.progress && !args.json)
    io.keeps('No exploration was finished, so nothing is printed of any.')
    const reports = await runJobs(jobs, integer('threads', args.threads, 1, 64), io.signal, (done, job, counts) => {
      const states = counts === undefined ? '' : `, ${counts.states} states`
      progress.show(done, jobs.length, `${job.variant} in ${job.configuration}${states}`)
      if (done > 0) io.keeps(`Of ${jobs.length} explorations, ${done} were finished, and are printed.`)
    })
    progress.clear()
    const texts = [...reports.map(reportText), untakenText(reports)].filter((text) => text !== '')
    io.out(args.json ? JSON.stringify(reports, null, 1) : fit(texts.join('\n\n'), io.columns))
    if (page !== undefined) saveWitnesses(page, witnessesIn(reports, checks), io)
    if (io.signal.aborted) return EXIT.interrupted
    return exitCode(reports)
  },
}

/** The limits that were asked for; how often a loop may retry, each check says unless the user does. */
const limitsOf = (args: Args): AskedLimits => ({
  ...(args.retries === undefined ? {} : { patience: integer('retries', args.retries, 0, 200) }),
  preemptions: integer('preemptions', args.preemptions, 0, 100),
  states: integer('states', args.states, 1, 500_000_000),
  depth: integer('depth', args.depth, 1, 1_000_000),
  seconds: integer('seconds', args.seconds, 1, 1_000_000),
  mode: args.mode,
  seed: integer('seed', args.seed, 0, 0x7fff_ffff),
  memory: args.memory ?? LIMITS.memory,
})

type Refused = Readonly<Record<string, string>>

/** The checks, and what they were asked, on the kernel and with the patch that are named; and why variants are not among them. */
async function asAsked(checks: readonly Check[], given: Args, node: string) {
  const kernel = kernelNamed(given.kernel)?.name
  const { patch, args } = await patchOf(given, node)
  const asked = await Promise.all(
    checks
      .filter(({ name }) => given.name === undefined || name === given.name)
      .map((one) => checkWith(one, { kernel, patch })),
  )
  const refused: Refused = Object.assign({}, ...asked.map((one) => one.refused))
  return { checks: asked.length === 0 ? checks : asked.map(({ check: one }) => one), args, refused }
}

async function patchOf(args: Args, node: string): Promise<{ readonly patch?: PatchCode; readonly args: Args }> {
  if (args.variant === undefined || !isPatchFile(args.variant)) return { args }
  const { patch } = await readPatch(args.variant, node)
  checkPatchName(patch.name, args.variant)
  return { patch, args: { ...args, variant: patch.name } }
}

const only = ({ variant, configuration }: Args) => ({
  ...(variant === undefined ? {} : { variant }),
  ...(configuration === undefined ? {} : { configuration }),
})

/** A good variant of which it is not known must not pass for one that holds. */
const exitCode = (reports: readonly Report[]): ExitCode =>
  reports.every(({ isAsExpected, isRepeatable }) => isAsExpected && isRepeatable) ? EXIT.fine : EXIT.regression

function choose(checks: readonly Check[], { name, variant, configuration }: Args, refused: Refused): readonly Check[] {
  const named = checks.filter((one) => name === undefined || one.name === name)
  if (named.length === 0)
    throw unknown(
      'check',
      name!,
      checks.map((one) => one.name),
    )
  const withVariant = named.filter(
    ({ variants }) => variant === undefined || variants.some((one) => one.name === variant),
  )
  if (withVariant.length === 0) {
    if (Object.hasOwn(refused, variant!)) throw notOnKernel(refused[variant!]!)
    const why = named.flatMap(({ unchecked = {} }) =>
      Object.hasOwn(unchecked, variant!) ? unchecked[variant!]! : [],
    )[0]
    if (why !== undefined)
      throw new FaultlineError('NOT_CHECKED', 'usage', `${variant} is in no check: ${why}`, {
        hint: `Try faultline bench -s ${named[0]!.name} --variant ${variant}.`,
      })
    throw unknown(
      'variant',
      variant!,
      named.flatMap(({ variants }) => variants.map((one) => one.name)),
    )
  }
  const all = withVariant.flatMap(({ configurations }) => configurations.map((one) => one.name))
  if (configuration === undefined || all.includes(configuration)) return withVariant
  throw unknown('configuration', configuration, all)
}

const notAsked = (file: string) =>
  new FaultlineError('UNKNOWN_NAME', 'usage', `there is nothing to do with '${file}'`, {
    hint: 'A second word is the file of `faultline check lock FILE`.',
  })

const unknown = (what: string, name: string, known: readonly string[]) =>
  new FaultlineError('UNKNOWN_NAME', 'usage', `there is no ${what} '${name}'`, {
    hint: nearestText(name, known),
  })

function replay(checks: readonly Check[], args: Args, text: string, io: Io): ExitCode {
  const { variant, configuration, memory } = args
  if (checks.length !== 1 || variant === undefined) {
    throw new FaultlineError('REPLAY_OF_WHAT', 'usage', 'a schedule says which CPU steps, not what is run', {
      hint: 'Give the check and --variant too, as in the command that a witness ends with.',
    })
  }
  const where = configuration ?? checks[0]!.configurations[0]!.name
  const played = replaySchedule(checks[0]!, variant, where, text, memory)
  if (typeof played === 'string') {
    throw new FaultlineError('SCHEDULE_REFUSED', 'usage', played, {
      hint: `Explore it again: faultline check ${checks[0]!.name} --variant ${variant}.`,
    })
  }
  io.out(fit(played.text, io.columns))
  if (played.memoryModel === 'sc') onModel(played, args, io)
  else if (args.chromeTrace !== undefined) throw notModelled(played.memoryModel)
  return played.findings.length === 0 ? EXIT.fine : EXIT.regression
}

/** The same steps in virtual time: what is counted, and a picture of it. */
function onModel(played: Replayed, { chromeTrace, force }: Args, io: Io): void {
  const output = { path: chromeTrace ?? '', kind: 'export', force, flag: '--chrome-trace' } as const
  if (chromeTrace !== undefined) checkOutput(output)
  const { counters, agrees, trace } = replayOnModel(played)
  if (!agrees) throw new Error('the model, which took the same steps, came to something else')
  const counted = Object.entries(counters).map(([name, count]) => `${name} ${count}`)
  io.out(`\ncounted, here and on the model: ${counted.join(', ') || 'nothing'}`)
  if (chromeTrace !== undefined) save(output, trace)
}

const notModelled = (memory: string) =>
  new FaultlineError('TRACE_OF_SC', 'usage', `--chrome-trace is of the model, whose memory is not ${memory}`, {
    hint: 'Leave it away, or give a schedule of sequentially consistent memory.',
  })

const mutantsOnKernel = (kernel: string) =>
  new FaultlineError(
    'MUTANTS_ON_KERNEL',
    'usage',
    `--mutants is of our variants on their own kernels, and not on ${kernel}`,
    {
      hint: 'Leave --kernel out, or name a patch: --variant ./my-patch.ts.',
    },
  )
