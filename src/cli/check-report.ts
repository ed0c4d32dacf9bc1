import type { Check } from '../checker/check.ts'
import { replaySchedule } from '../checker/replay-schedule.ts'
import type { Report } from '../checker/run-check.ts'
import { pageHtml } from '../report/page/page.ts'
import { type WitnessOf, witnessPage } from '../report/page/witness-page.ts'
import { checkOutput, type Output, save } from './files/output.ts'
import type { Io } from './io.ts'

/** The output for the page, if it may be written. */
export function pageAt(path: string, force: boolean): Output {
  const output = { path, kind: 'page', force, flag: '--report' } as const
  checkOutput(output)
  return output
}

/** Every schedule that was found, played again. */
export function witnessesIn(reports: readonly Report[], checks: readonly Check[]): WitnessOf[] {
  return reports.flatMap(({ check: name, variant, kernel, configuration, replay }) => {
    const check = checks.find((one) => one.name === name)
    if (replay === null || check === undefined) return []
    const replayed = replaySchedule(check, variant, configuration, replay)
    return typeof replayed === 'string'
      ? []
      : [
          {
            check: name,
            variant,
            configuration,
            ...(kernel === undefined ? {} : { kernel }),
            schedule: replay,
            replayed,
          },
        ]
  })
}

/** Without a witness there is nothing to go through, and that is said. */
export function saveWitnesses(output: Output, witnesses: readonly WitnessOf[], io: Io): void {
  if (witnesses.length === 0) {
    io.err('faultline: nothing was violated, so there is no witness for a page\n')
    return
  }
  save(output, pageHtml(witnessPage(witnesses)))
  io.out(`\n${output.path}`)
}
