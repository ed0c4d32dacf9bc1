import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Argv } from 'yargs'
import { mergeBase } from '../bench/ab/checkout.ts'
import { compare } from '../bench/comparing/compare.ts'
import { BY_REVISION } from '../bench/comparing/layout.ts'
import { FaultlineError } from '../bench/error.ts'
import { changedMachines, deviations, isExactRun } from '../bench/gate/exact.ts'
import type { Result } from '../bench/result.ts'
import { compareMarkdown, compareText } from '../report/compare-text.ts'
import { deviationText } from '../report/gate-text.ts'
import type { Command } from './command.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'
import { isOfThisTree } from './openable.ts'
import { readResult } from './read-result.ts'
import { measureAgainst } from './regress-measured.ts'
import { type Leave, rerun } from './rerun.ts'
import { saveAtomically } from './save.ts'

export type RegressArgs = {
  readonly baseline: string
  readonly update: boolean
  readonly against: string | undefined
  readonly skipExact: boolean
  readonly gate: string
  readonly plan: string
  readonly out: string | undefined
  readonly format: string
}

export const regress: Command<RegressArgs> = {
  name: 'regress',
  usage: 'regress',
  summary: 'Run the gate: exact figures must be those of the baseline; measured ones are advice.',
  flags: (yargs) =>
    yargs
      .option('baseline', {
        type: 'string',
        requiresArg: true,
        default: join('results', 'baseline'),
        describe: 'a folder of results whose exact figures must not change, or one of them',
      })
      .option('update', { type: 'boolean', default: false, describe: 'write the figures of now, and say what changed' })
      .option('against', {
        type: 'string',
        requiresArg: true,
        describe: 'measure against the merge base with this revision too, interleaved',
      })
      .option('skip-exact', { type: 'boolean', default: false, describe: 'with --against: the measured tier only' })
      .option('gate', { choices: ['exact', 'all'], default: 'exact', describe: 'what may fail the gate' })
      .option('plan', {
        type: 'string',
        requiresArg: true,
        default: '-s precheck',
        describe: 'flags of `bench` for --against',
      })
      .option('out', { type: 'string', requiresArg: true, describe: 'where the measured result goes' })
      .option('format', {
        choices: ['table', 'markdown'],
        default: 'table',
        describe: 'of the output',
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

/** A baseline is the user's own. */
const LEAVE: Leave = { opens: isOfThisTree, threads: true }

/** A gate without a baseline would let everything through. */
async function baselinesOf(baseline: string, io: Io): Promise<{ file: string; result: Result }[]> {
  const files = !existsSync(baseline)
    ? []
    : baseline.endsWith('.json')
      ? [baseline]
      : readdirSync(baseline)
          .filter((name) => name.endsWith('.json'))
          .sort()
          .map((name) => join(baseline, name))
  const all: { file: string; result: Result }[] = []
  for (const file of files) {
    const result = await readResult(file, io)
    if (!result.runs.some(isExactRun)) {
      throw new FaultlineError(
        'NOTHING_EXACT',
        'usage',
        `${file} has no exact figures, so it can hold nothing to them`,
        {
          hint: 'Write it with a modelled machine: `faultline bench -s precheck -m altra-64 --out FILE`.',
        },
      )
    }
    all.push({ file, result })
  }
  return all
}

async function checkExact({ baseline }: RegressArgs, io: Io): Promise<ExitCode> {
  const baselines = await baselinesOf(baseline, io)
  if (baselines.length === 0) return noBaseline(baseline, io)
  let changed = 0
  for (const { file, result } of baselines) {
    const now = await rerun(result, result.runs, file, io, LEAVE)
    if (io.signal.aborted) return EXIT.interrupted
    const found = deviations(result, now)
    for (const machine of changedMachines(result, now)) io.out(`${file}: ${machine}`)
    const runs = result.runs.filter(isExactRun).length
    io.out(
      found.length === 0
        ? `${file}: ${runs} runs, every figure as it was`
        : `${file}: changed\n${deviationText(found)}`,
    )
    changed += found.length
  }
  if (changed === 0) return EXIT.fine
  io.out(
    `\n${changed} exact figures changed. If that is meant: \`npm run regress -- --update\`, and commit what it writes.`,
  )
  return EXIT.regression
}

function noBaseline(baseline: string, io: Io): ExitCode {
  io.err(
    `faultline: there is no baseline in ${baseline}\nWrite one: \`faultline bench -s precheck -m altra-64 --out ${join(baseline, 'precheck.json')}\`, and commit it.\n`,
  )
  return EXIT.incomparable
}

/** Rewrites what changed, and leaves the other files alone. */
async function update({ baseline }: RegressArgs, io: Io): Promise<ExitCode> {
  const baselines = await baselinesOf(baseline, io)
  if (baselines.length === 0) return noBaseline(baseline, io)
  for (const { file, result } of baselines) {
    const now = await rerun(result, result.runs, file, io, LEAVE)
    if (io.signal.aborted) return EXIT.interrupted
    const failed = now.runs.find(({ error }) => error !== null)
    if (failed !== undefined) {
      throw new FaultlineError('FAILED_BASELINE', 'run', `${file}: ${failed.error!.message}`, {
        hint: 'A run that fails cannot become the baseline.',
      })
    }
    const found = deviations(result, now)
    if (found.length === 0) {
      io.out(`${file}: as it was`)
      continue
    }
    saveAtomically(file, `${JSON.stringify(now, null, 1)}\n`)
    io.out(`${file}: written; for the commit message:\n\n${deviationText(found)}`)
  }
  return EXIT.fine
}

/** Advice, unless the gate is for all: then what is surely worse fails it. */
async function checkMeasured(ref: string, args: RegressArgs, io: Io): Promise<ExitCode> {
  const base = await mergeBase(ref)
  const result = await measureAgainst(base, args, io)
  const comparison = compare([{ name: 'this run', result }], {
    by: BY_REVISION,
    alpha: 0.05,
    force: false,
    metrics: [],
  })
  io.out(args.format === 'markdown' ? compareMarkdown(comparison, []) : compareText(comparison, []))
  if (result.runs.some(({ error }) => error !== null)) return EXIT.failed
  if (comparison.changes.length === 0) return EXIT.incomparable
  const isForbidden = result.runs.some(
    ({ revision, outcomes }) => revision?.side === 'head' && outcomes.some(({ grade }) => grade === 'forbidden'),
  )
  const isWorse = comparison.changes.some(({ verdict }) => verdict === 'worse')
  if (isWorse && args.gate !== 'all') io.out('\nThis is advice: measured figures fail the gate with --gate all only.')
  return isForbidden || (isWorse && args.gate === 'all') ? EXIT.regression : EXIT.fine
}
