import os from 'node:os'
import type { Argv } from 'yargs'
import type { Cost } from '../checker/find-worst.ts'
import { LIMITS } from '../checker/limits.ts'
import { MEMORY_MODELS, type MemoryModel } from '../checker/memory/model.ts'
import type { AskedLimits } from '../checker/run-check.ts'
import { integer } from './flags.ts'

/** The flags of `check`. */
export type CheckArgs = {
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
  readonly mutant: string | undefined
  readonly worst: Cost | undefined
  readonly report: string | undefined
  readonly timeBudget: string | undefined
  readonly out: string | undefined
  readonly json: boolean
  readonly quiet: boolean
  readonly progress: boolean
}

export const checkFlags = (yargs: Argv): Argv<CheckArgs> =>
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
      describe: 'replace an existing file at --out, --report or --chrome-trace',
    })
    .option('replay', {
      type: 'string',
      requiresArg: true,
      describe: 'replay the schedule that was printed with a witness',
    })
    .option('retries', {
      type: 'string',
      requiresArg: true,
      describe: 'number of iterations of a retry loop before a pending signal ends it [default: set by each check]',
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
      describe:
        'number of explorations that run at the same time; a thread without an exploration of its own helps with a long one',
    })
    .option('mutants', {
      type: 'boolean',
      default: false,
      describe:
        'leave out each step of a protocol, one at a time, and report whether the checker notices; exit code 1 if it does not and no reason is known',
    })
    .option('mutant', {
      type: 'string',
      requiresArg: true,
      describe:
        'with --mutants: only the mutants whose file, function, step and kind contain these words: "fastFix cas dropped"',
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
    .option('time-budget', {
      type: 'string',
      requiresArg: true,
      describe: 'time limit of the whole command; what was not explored by then is UNKNOWN: 60s',
    })
    .option('out', { type: 'string', requiresArg: true, describe: 'file for what --json prints, with its source' })
    .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
    .option('quiet', { type: 'boolean', default: false, describe: 'print the verdicts only' })
    .option('progress', { type: 'boolean', default: true, hidden: true })
    .option('no-progress', { type: 'boolean', describe: 'print no progress line' }) as unknown as Argv<CheckArgs>

/** The limits that were asked for; how often a loop may retry, each check says unless the user does. */
export const limitsOf = (args: Omit<CheckArgs, 'threads'>): AskedLimits => ({
  ...(args.retries === undefined ? {} : { patience: integer('retries', args.retries, 0, 200) }),
  preemptions: integer('preemptions', args.preemptions, 0, 100),
  states: integer('states', args.states, 1, 500_000_000),
  depth: integer('depth', args.depth, 1, 1_000_000),
  seconds: integer('seconds', args.seconds, 1, 1_000_000),
  mode: args.mode,
  seed: integer('seed', args.seed, 0, 0x7fff_ffff),
  memory: args.memory ?? LIMITS.memory,
})
