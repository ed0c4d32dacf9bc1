import { inspect } from 'node:util'
import { bench as runBench } from '../bench/bench.ts'
import type { Result } from '../bench/result.ts'
import { resultText } from '../bench/result-text.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { shellWord } from '../errors/shell-word.ts'
import { answersIn, answersTable, benchReport, questionsText } from '../report/bench-report.ts'
import { groupsOf } from '../report/groups.ts'
import { compact, time } from '../report/numbers.ts'
import { areLargeSweeps } from '../report/sweep-text.ts'
import type { BenchArgs } from './bench-args.ts'
import { type Plan, planOf } from './bench-plan.ts'
import { type Resumed, resumed } from './bench-resume.ts'
import type { Command } from './command.ts'
import { exitOfErrors } from './exit-of-errors.ts'
import { inputsOf } from './files/inputs.ts'
import { checkOutput, type Output, save } from './files/output.ts'
import { type Kept, ResultFile } from './files/result-file.ts'
import { savedPath } from './files/saved.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'
import { layoutsOf } from './layout.ts'
import { listText } from './list.ts'
import { liveView } from './live-view.ts'
import { plannedBy } from './plan-size.ts'
import { Progress } from './progress.ts'
import { withRefined } from './rerun.ts'
import { styleOf } from './terminal.ts'
import { leftOutText, limitSignal } from './time-limit.ts'

export const bench: Command<BenchArgs> = async (args, io) => {
  if (args.list) {
    io.out(listText())
    return EXIT.fine
  }
  if (args.ab !== undefined) return await (await import('./bench-ab.ts')).benchAb(args.ab, args, io)
  if (args.resume !== undefined) {
    const { plan, earlier, asked } = await resumed(args.resume, args, io)
    return await runPlan(plan, { ...asked, out: args.out ?? args.resume }, io, earlier)
  }
  const plan = await planOf(args, io)
  if (args.layout) {
    io.out(await layoutsOf(plan))
    return EXIT.fine
  }
  return await runPlan(plan, args, io)
}

async function runPlan(plan: Plan, args: BenchArgs, io: Io, earlier?: Resumed['earlier']): Promise<ExitCode> {
  const { shard } = plan
  if (shard !== undefined && plan.groups.length === 0) {
    io.err(
      `faultline: part ${shard.index} of ${shard.of} has no loads, as the plan has ${shard.points}; merge does without it\n`,
    )
    return EXIT.fine
  }
  const progress = new Progress(io, args.watch || (!args.noProgress && !args.quiet))
  if (args.watch) checkWatch(plan, io)
  const planned = plannedBy(plan)
  const { force } = args
  for (const says of plan.says ?? []) io.err(`faultline: ${says}\n`)
  const out = outOf(args)
  const page = args.report === undefined ? undefined : pageOutput(args.report, args)
  if (page !== undefined) checkOutput(page)
  const note = (text: string) => {
    progress.clear()
    io.err(`${text}\n`)
  }
  const file = new ResultFile({ out, plan: plan.name, force, inputs: inputsOf(args), note }, planned)
  const says = (sofar: Pick<Result, 'runs'>, isNothing = false) =>
    io.keeps(keepsText(sofar, planned.runs, file), isNothing)
  says(earlier ?? { runs: [] }, true)
  let hasTrials = false
  const trialIsThere = () => {
    if (!hasTrials) says(earlier ?? { runs: [] })
    hasTrials = true
  }
  const modelled = { runs: 0, steps: 0, ms: 0 }
  const isSummed = isManyQuestions(plan) && !args.all && !args.json && !args.quiet
  let told = earlier?.runs.length ?? 0
  const command = earlier?.command ?? io.command
  const limit = limitSignal(args, io)
  const signal = AbortSignal.any([io.signal, limit])
  const isLarge = isLargeModelled(plan)
  const ran = await runBench(
    { ...plan, plan: plan.options, command, runtime: io.runtime, signal, stops: io.stops, earlier },
    {
      progress: (done, total, label) => {
        file.keepLeft()
        progress.show(done, total, label)
      },
      speed: (label, steps, ms) => {
        trialIsThere()
        modelled.runs += 1
        modelled.steps += steps
        modelled.ms += ms
        if (args.verbose) progress.note(speedText(label, steps, ms))
      },
      live: args.watch && io.isErrTty ? liveView(progress, io) : undefined,
      failed: (cause) => {
        if (io.isTraced === true) note(inspect(cause))
      },
      trialEnded: (sofar) => {
        trialIsThere()
        file.offer(sofar)
      },
      held: isLarge ? (runs, sofar) => file.held(runs, sofar) : undefined,
      finished: (sofar) => {
        file.keep(sofar)
        says(sofar)
        if (isSummed) told = tell(sofar, told, progress, io)
      },
    },
  )
  progress.clear()
  const kept = file.finish(ran)
  const isShort = !args.json && !args.all && !args.locks && areLargeSweeps(ran.runs)
  const result = isLarge && !isShort ? file.whole(ran) : ran
  says(result)
  if (isSummed && result.runs.length > 0)
    io.out(`\n${answersTable(result, styleOf(io))}\n\nThe details of each question: --all.`)
  else if (result.runs.length > 0)
    io.out(args.json ? resultText(result).trimEnd() : benchReport(result, args, styleOf(io)))
  const asked = withRefined(plan, result.runs)
  const left = limit.aborted && !io.signal.aborted ? leftOutText(asked, result.runs) : ''
  if (left !== '') io.err(`faultline: the time was up; ${left}. ${resumesText(file)}\n`)
  const failed = isCutByFailure(result, asked) ? leftOutText(asked, result.runs) : ''
  if (failed !== '') io.err(`faultline: a run failed, so the plan ended there; ${failed}\n`)
  if (kept.says !== undefined) io.err(`faultline: ${kept.says}\n`)
  if (modelled.runs > 0 && args.verbose && !args.json && !args.quiet) {
    io.out(`\n${speedText(`${modelled.runs} modelled runs`, modelled.steps, modelled.ms)} of this host`)
  }
  if (!args.json && !args.quiet && kept.path !== undefined) io.out(`\n${kept.path}`)
  if (page !== undefined && result.runs.length > 0) await savePage(page, result)
  return exitCodeOf(result, plan, kept, io)
}

async function savePage(page: Output, result: Result): Promise<void> {
  const { pageHtml } = await import('../report/page/page.ts')
  const { resultPage } = await import('../report/page/result-page.ts')
  save(page, pageHtml(resultPage(result)))
}

function checkWatch({ groups }: Plan, io: Io): void {
  if (groups.every(({ modelled }) => modelled !== undefined)) {
    throw new FaultlineError('WATCH_OF_MODEL', 'usage', '--watch applies to threads, but nothing runs on threads', {
      hint: 'Add -m threads, or leave --watch out.',
    })
  }
  if (!io.isErrTty) io.err('faultline: standard error is not a terminal, so --watch cannot draw\n')
}

/** Loads from which on no more is held of each than a sweep shows: all of 10,000 would take as much memory as the rest of the program. */
const MANY_LOADS = 100

const isLargeModelled = ({ groups }: Plan) =>
  groups.length >= MANY_LOADS && groups.every(({ modelled }) => modelled !== undefined)

/** A plan ends with the first run that fails, unless its variant is broken. */
const isCutByFailure = ({ runs }: Result, { groups }: Plan) =>
  runs.some(({ error }) => error !== null) && groupsOf(runs).length < groups.length

const resumesText = ({ path }: ResultFile) =>
  path === undefined
    ? 'Allow more with --time-budget.'
    : `\`faultline bench --resume ${shellWord(path)}\` continues it.`

/** Where the result goes if the user names it: a path, or a name to compare with later. */
function outOf({ out, save: name }: BenchArgs): string | undefined {
  if (name === undefined) return out
  if (out === undefined) return savedPath(name)
  throw new FaultlineError('TWO_PLACES', 'usage', '--out and --save both say where the result goes', {
    hint: 'Give one of them.',
  })
}

const pageOutput = (path: string, args: BenchArgs): Output => ({
  path,
  kind: 'page',
  force: args.force,
  inputs: inputsOf(args),
  flag: '--report',
})

/** Several scenarios: their tables would bury the answers. */
const isManyQuestions = ({ groups }: Plan) => new Set(groups.map(({ scenario }) => scenario.name)).size > 2

/** Prints the answers to questions that were finished since `told` runs; returns how many runs there are now. */
function tell({ runs }: Pick<Result, 'runs'>, told: number, progress: Progress, io: Io): number {
  if (runs.length > told) {
    progress.clear()
    io.out(questionsText(runs.slice(told), styleOf(io)))
  }
  return runs.length
}

/** Describes what is kept if the plan has to end now. */
function keepsText(sofar: Pick<Result, 'runs'>, planned: number, { path }: ResultFile): string {
  if (path === undefined) return 'No run finished, so nothing was written.'
  // A plan ends with the runs that are cut short.
  const whole = sofar.runs.findLastIndex(({ interrupted }) => interrupted === undefined) + 1
  const cut = sofar.runs.slice(whole).map(({ interrupted }) => interrupted!)
  const sumOf = (key: 'trials' | 'of') => cut.reduce((sum, one) => sum + one[key], 0)
  const has = [
    ...(whole > 0 || cut.length === 0 ? [`${whole} of ${planned} runs`] : []),
    ...(cut.length > 0 ? [`${sumOf('trials')} of ${sumOf('of')} trials${whole > 0 ? ' of the next' : ''}`] : []),
  ]
  // Trials of one load are interleaved, so those that are left cannot be measured apart.
  const again = cut.length > 0 ? ', and begins that load again' : ''
  return `${path} has ${has.join(', and ')}; \`faultline bench --resume ${shellWord(path)}\` continues it${again}.`
}

/** The speed of the model on this host, and so not in the result file, which is the same everywhere. */
const speedText = (label: string, steps: number, ms: number) =>
  `${label}: ${compact(steps)} steps in ${time(ms * 1e6)}, ${compact((steps / ms) * 1000)} steps/s`

function exitCodeOf(result: Result, plan: Plan, kept: Kept, io: Io): ExitCode {
  if (io.signal.aborted) return EXIT.interrupted
  if (kept.trouble !== undefined) return EXIT.failed
  const failed = exitOfErrors(result.runs)
  if (failed !== undefined) return failed
  const isForbidden = result.runs.some(({ outcomes }) => outcomes.some(({ grade }) => grade === 'forbidden'))
  if (isForbidden) return EXIT.regression
  // Other variants were requested, and the replay cannot predict them. The plan without flags covers other loads of the same question.
  const isUnfit =
    plan.name !== 'headline' &&
    result.runs.some(({ variant, replayed }) => replayed?.predicts === false && variant !== replayed.own)
  if (isUnfit) return EXIT.incomparable
  if (result.runs.length === 0 && plan.groups.length > 0) return EXIT.incomparable
  return isUnanswered(result, plan) ? EXIT.incomparable : EXIT.fine
}

/**
 * A requested question has no answer. The plan without flags puts each question to the threads and to the model: if a
 * host is too slow to measure one, the model answers it.
 */
function isUnanswered({ runs }: Result, { name }: Plan): boolean {
  const scenarios = [...new Set(runs.map(({ scenario }) => scenario))]
  const questions =
    name === 'headline'
      ? scenarios.map((asked) => answersIn({ runs: runs.filter(({ scenario }) => scenario === asked) }).flat())
      : answersIn({ runs })
  return questions.some((answers) => answers.length > 0 && answers.every(({ verdict }) => verdict === 'no-answer'))
}
