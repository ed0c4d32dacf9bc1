import { type Check, commandName, configurationsOf } from '../checker/check.ts'
import { onKernelText } from '../checker/check-text.ts'
import { type Cost, findWorst, type WorstReport } from '../checker/find-worst.ts'
import { LIMITS } from '../checker/limits.ts'
import type { MemoryModel } from '../checker/memory/model.ts'
import { patienceOf } from '../checker/run-check.ts'
import { shellWord } from '../errors/shell-word.ts'
import { fit } from '../report/fit.ts'
import { secondsFor } from './check-budget.ts'
import { foundAt, foundJson, saveFound } from './check-file.ts'
import { type CheckArgs, limitsOf } from './check-flags.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'
import { Progress } from './progress.ts'

type Asked = Pick<CheckArgs, 'variant' | 'configuration'>

/** Prints the most expensive schedule of each configuration. It only says what there is: the exit code is 0. */
export function checkWorst(checks: readonly Check[], of: Cost, args: CheckArgs, io: Io): ExitCode {
  const { json, quiet } = args
  const file = foundAt(args)
  const limits = limitsOf(args)
  const progress = new Progress(io, args.progress && !json && !quiet)
  const jobs = checks.flatMap((check) => jobsOf(check, limits.memory, args).map((job) => ({ check, ...job })))
  const reports: WorstReport[] = []
  for (const { check, variant, configuration } of jobs) {
    if (io.signal.aborted) break
    progress.show(reports.length, jobs.length, `${variant} in ${configuration}`)
    const patience = limits.patience ?? patienceOf(check, configuration)
    const seconds = secondsFor(args, io)
    reports.push(findWorst(check, variant, configuration, of, { ...LIMITS, ...limits, patience, seconds }))
  }
  progress.clear()
  const text = quiet
    ? () => reports.map(costText).join('\n')
    : () =>
        reports
          .map((report, at) => worstText(report, commandName(jobs[at]!.check, report.variant), jobs[at]!.check))
          .join('\n\n')
  io.out(json ? foundJson({ found: reports }) : fit(text(), io.columns))
  saveFound(file, { kind: 'worst', isComplete: reports.length === jobs.length, found: reports }, io)
  return io.signal.aborted ? EXIT.interrupted : EXIT.fine
}

/** The requested jobs; without a request, the first variant in its default configurations. */
function jobsOf(check: Check, memory: MemoryModel, { variant, configuration }: Asked) {
  const asked = variant ?? check.variants[0]!.name
  return configurationsOf(check, configuration, memory, asked).map(({ name }) => ({
    variant: asked,
    configuration: name,
  }))
}

const HOW = {
  proved: 'proved: no schedule has more',
  bound: 'the most that was found within the bounds, not proved',
  cycle: 'the most that was found, not proved: a loop can repeat forever',
} as const

/** The cost, where it was found, and whether it is proved. */
const costText = ({ variant, configuration, of, cost, because, memory }: WorstReport): string =>
  `${cost} ${of}: ${variant} in ${configuration}${memory === 'sc' ? '' : ` with --memory ${memory}`}; ${HOW[because]}`

function worstText(report: WorstReport, asked: string, of: Pick<Check, 'kernel'>): string {
  const { check, configuration, states, steps, ms, patience, witness, replay } = report
  return [
    `${costText(report)}; ${states} states, ${steps} steps in ${(ms / 1000).toFixed(1)} s;` +
      ` at most ${patience} retr${patience === 1 ? 'y' : 'ies'} a fault before a signal`,
    '',
    witness.replace(/^(?=.)/gm, '  '),
    '',
    `  faultline check ${check} --variant ${shellWord(asked)} ${onKernelText(of)}--configuration ${configuration} --replay ${replay}`,
  ].join('\n')
}
