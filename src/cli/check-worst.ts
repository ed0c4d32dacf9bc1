import { type Check, commandName, configurationsOf } from '../checker/check.ts'
import { onKernelText } from '../checker/check-text.ts'
import { type Cost, findWorst, type WorstReport } from '../checker/find-worst.ts'
import { LIMITS } from '../checker/limits.ts'
import type { MemoryModel } from '../checker/memory/model.ts'
import { type AskedLimits, patienceOf } from '../checker/run-check.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'
import { Progress } from './progress.ts'

type Asked = {
  readonly variant: string | undefined
  readonly configuration: string | undefined
  readonly json: boolean
  readonly progress: boolean
}

/** Prints the most expensive schedule of each configuration. It only says what there is: the exit code is 0. */
export function checkWorst(checks: readonly Check[], of: Cost, limits: AskedLimits, asked: Asked, io: Io): ExitCode {
  const progress = new Progress(io, asked.progress && !asked.json)
  const jobs = checks.flatMap((check) => jobsOf(check, limits.memory, asked).map((job) => ({ check, ...job })))
  const reports: WorstReport[] = []
  for (const { check, variant, configuration } of jobs) {
    if (io.signal.aborted) break
    progress.show(reports.length, jobs.length, `${variant} in ${configuration}`)
    const patience = limits.patience ?? patienceOf(check, configuration)
    reports.push(findWorst(check, variant, configuration, of, { ...LIMITS, ...limits, patience }))
  }
  progress.clear()
  io.out(
    asked.json
      ? JSON.stringify(reports, null, 1)
      : reports
          .map((report, at) => worstText(report, commandName(jobs[at]!.check, report.variant), jobs[at]!.check))
          .join('\n\n'),
  )
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

function worstText(report: WorstReport, asked: string, of: Pick<Check, 'kernel'>): string {
  const {
    check,
    variant,
    configuration,
    of: most,
    cost,
    because,
    states,
    steps,
    ms,
    patience,
    memory,
    witness,
    replay,
  } = report
  return [
    `${cost} ${most}: ${variant} in ${configuration}${memory === 'sc' ? '' : ` with --memory ${memory}`}; ${HOW[because]}; ${states} states, ${steps} steps in ${(ms / 1000).toFixed(1)} s;` +
      ` at most ${patience} retr${patience === 1 ? 'y' : 'ies'} a fault before a signal`,
    '',
    witness.replace(/^(?=.)/gm, '  '),
    '',
    `  faultline check ${check} --variant ${asked} ${onKernelText(of)}--configuration ${configuration} --replay ${replay}`,
  ].join('\n')
}
