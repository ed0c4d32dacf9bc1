import type { Argv } from 'yargs'
import type { Command, NamedCommand } from './command.ts'

const command = <Args>(
  usage: string,
  summary: string,
  flags: () => Promise<(yargs: Argv) => Argv<Args>>,
  load: () => Promise<Command<Args>>,
): NamedCommand => ({
  name: usage.split(' ')[0]!,
  usage,
  summary,
  flags,
  load: load as unknown as NamedCommand['load'],
})

/** Every command, in the order in which help shows them. */
export const COMMANDS: readonly NamedCommand[] = [
  command(
    'bench',
    'Run scenarios, variants and loads, measure them and compare them.',
    async () => (await import('./bench-flags.ts')).benchFlags,
    async () => (await import('./bench.ts')).bench,
  ),
  command(
    'compare <files..>',
    'Report which figures changed between result files, or between the variants of one file.',
    async () => (await import('./compare-flags.ts')).compareFlags,
    async () => (await import('./compare.ts')).compare,
  ),
  command(
    'regress',
    'Run the gate: exact figures must be those of the baseline; measured ones are advice.',
    async () => (await import('./regress-flags.ts')).regressFlags,
    async () => (await import('./regress.ts')).regress,
  ),
  command(
    'check [name] [file]',
    'Explore every interleaving of a small configuration. Exit code 0: good variants hold and every declared fault was found; 1: otherwise.',
    async () => (await import('./check-flags.ts')).checkFlags,
    async () => (await import('./check.ts')).check,
  ),
  command(
    'trace <file>',
    'Summarise a recorded KVM trace: text of ftrace, trace-cmd report or perf script, .gz, trace.dat, perf.data, or - for standard input.',
    async () => (await import('./trace-flags.ts')).traceFlags,
    async () => (await import('./trace.ts')).trace,
  ),
  command(
    'contention <file>',
    'Derive costs of mmu_lock from a table of perf lock contention, and compare a replay that uses them.',
    async () => (await import('./contention-flags.ts')).contentionFlags,
    async () => (await import('./contention.ts')).contention,
  ),
  command(
    'report <files..>',
    'Write results as one self-contained page: answers, charts and their tables; for several files also what changed.',
    async () => (await import('./report-flags.ts')).reportFlags,
    async () => (await import('./report.ts')).report,
  ),
  command(
    'new <what> <file>',
    'Write a patch to start from: the functions that a variant replaces, in a file that compiles.',
    async () => (await import('./new-flags.ts')).newFlags,
    async () => (await import('./new.ts')).newCommand,
  ),
  command(
    'diff <a> <b>',
    'Print how one variant, kernel or patch differs from another, as a unified diff of functions.',
    async () => (await import('./diff-flags.ts')).diffFlags,
    async () => (await import('./diff.ts')).diff,
  ),
  command(
    'list [what]',
    'List the scenarios; or the variants and parameters of one; or machines, metrics, costs, kernels.',
    async () => (await import('./list-flags.ts')).listFlags,
    async () => (await import('./list.ts')).list,
  ),
  command(
    'verify <file>',
    'Recompute the summaries of a result file from its trials, and repeat its modelled runs.',
    async () => (await import('./verify-flags.ts')).verifyFlags,
    async () => (await import('./verify.ts')).verify,
  ),
  command(
    'trend <files..>',
    'Report at which commit a metric in a history changed its level.',
    async () => (await import('./trend-flags.ts')).trendFlags,
    async () => (await import('./trend.ts')).trend,
  ),
  command(
    'export <file>',
    'Write a result in the format of another tool.',
    async () => (await import('./export-flags.ts')).exportFlags,
    async () => (await import('./export.ts')).exportCommand,
  ),
  command(
    'merge <files..>',
    'Merge the parts of a plan that `bench --shard i/n` wrote on several machines.',
    async () => (await import('./merge-flags.ts')).mergeFlags,
    async () => (await import('./merge.ts')).merge,
  ),
  command(
    'calibrate',
    "Measure what this host's primitives cost, and write a profile for the model.",
    async () => (await import('./calibrate-flags.ts')).calibrateFlags,
    async () => (await import('./calibrate.ts')).calibrate,
  ),
  command(
    'validate',
    'Compare the modelled machines with published figures, and show which of these they were fitted to; with --host, compare the model of this host.',
    async () => (await import('./validate-flags.ts')).validateFlags,
    async () => (await import('./validate.ts')).validate,
  ),
  command(
    'completion <shell>',
    'Print a script that makes a shell complete commands and flags.',
    async () => (await import('./completion.ts')).completionFlags,
    async () => (await import('./completion.ts')).completionOf(COMMANDS),
  ),
]
