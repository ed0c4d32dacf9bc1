import { join } from 'node:path'
import type { Argv } from 'yargs'
import { mergeBase } from '../bench/ab/checkout.ts'
import { doesFail } from '../bench/comparing/fails.ts'
import { failuresOf } from '../bench/gate/failures.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { compareComment, compareMarkdown, compareText } from '../report/compare-text.ts'
import { failureText } from '../report/gate-text.ts'
import { sequentialText } from '../report/sequential-text.ts'
import { comparisonOf } from './ab-measure.ts'
import { withoutResult } from './bench-ab.ts'
import type { Command } from './command.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'
import { checkExact, update } from './regress-exact.ts'
import { measureAgainst } from './regress-measured.ts'
import { styleOf } from './terminal.ts'

export type RegressArgs = {
  readonly baseline: string
  readonly update: boolean
  readonly against: string | undefined
  readonly skipExact: boolean
  readonly ignoreBelow: string
  readonly gate: string
  readonly plan: string
  readonly out: string | undefined
  readonly format: keyof typeof TEXTS
}

const TEXTS = { table: compareText, markdown: compareMarkdown, comment: compareComment } as const

export const regress: Command<RegressArgs> = {
  flags: (yargs) =>
    yargs
      .option('baseline', {
        type: 'string',
        requiresArg: true,
        default: join('results', 'baseline'),
        describe: 'folder of results whose exact figures must not change, or one such result',
      })
      .option('update', {
        type: 'boolean',
        default: false,
        describe: 'write the current figures to the baseline, and report what changed',
      })
      .option('against', {
        type: 'string',
        requiresArg: true,
        describe: 'also measure this tree against its merge base with a git revision, trials interleaved',
      })
      .option('skip-exact', { type: 'boolean', default: false, describe: 'with --against: run only the measured tier' })
      .option('ignore-below', {
        type: 'string',
        requiresArg: true,
        default: '0',
        describe: 'exact figures that changed by less than this do not fail the gate: 0.5%',
      })
      .option('gate', { choices: ['exact', 'all'], default: 'exact', describe: 'which tier can fail the gate' })
      .option('plan', {
        type: 'string',
        requiresArg: true,
        default: '-s precheck',
        describe: 'flags of the `bench` run that --against measures',
      })
      .option('out', { type: 'string', requiresArg: true, describe: 'file for the measured result' })
      .option('format', {
        choices: Object.keys(TEXTS),
        default: 'table',
        describe: 'output format',
      }) as unknown as Argv<RegressArgs>,

  async run(args, io) {
    if (args.skipExact && args.against === undefined) {
      throw new FaultlineError('EMPTY_GATE', 'usage', 'a gate that checks nothing would pass everything', {
        hint: 'Add --against REF, or leave --skip-exact out.',
      })
    }
    const exact = args.skipExact ? EXIT.fine : args.update ? await update(args, io) : await checkExact(args, io)
    if (io.signal.aborted) return EXIT.interrupted
    if (args.against === undefined) return exact
    const measured = await checkMeasured(args.against, args, io)
    return exact === EXIT.fine ? measured : exact
  },
}

/** Advice, unless the gate is for all: then what is surely worse fails it. */
async function checkMeasured(ref: string, args: RegressArgs, io: Io): Promise<ExitCode> {
  const base = await mergeBase(ref)
  const { result, isTooShort } = await measureAgainst(base, args, io)
  if (result === undefined) return withoutResult(io)
  const comparison = comparisonOf(result)
  const failures = failuresOf(result, ({ revision }) => revision?.side === 'head')
  if (failures.length > 0) io.out(`${failures.map(failureText).join('\n')}\n`)
  io.out(TEXTS[args.format](comparison, [], styleOf(io)))
  if (result.sequential !== undefined) io.out(`\n${sequentialText(result.sequential)}`)
  if (io.signal.aborted) return EXIT.interrupted
  if (result.runs.some(({ error }) => error !== null)) return EXIT.failed
  const isForbidden = failures.some(({ kind }) => kind === 'forbidden')
  if (!isForbidden && (isTooShort || comparison.changes.length === 0)) return EXIT.incomparable
  const isWorse = doesFail(comparison, 0)
  if (isWorse && args.gate !== 'all') io.out('\nThis is advice: measured figures fail the gate with --gate all only.')
  return isForbidden || (isWorse && args.gate === 'all') ? EXIT.regression : EXIT.fine
}
