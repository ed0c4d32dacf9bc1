import { shellWord } from '../errors/shell-word.ts'
import { stepsOf } from '../patches/steps-of.ts'
import type { Report } from './run-check.ts'
import { partsOf } from './site.ts'

/** The result of an exploration: a line, and for a violation the witness, its sentence and the command that replays it. */
export function reportText(report: Report): string {
  const { variant, patch, explored, replay, witness, isRepeatable } = report
  const lines = [summaryLine(report)]
  const { memory } = explored.limits
  if (witness !== null) lines.push(...(memory === 'sc' ? [] : ['', `  memory: ${memory}`]), '', indent(witness), '')
  for (const { name, says, value } of explored.findings) {
    lines.push(`  ${name}: ${says}${value === 0 ? '' : ` (${value < 0 ? value : `0x${value.toString(16)}`})`}`)
  }
  if (!isRepeatable)
    lines.push(
      '',
      '  The same schedule, run twice, did not do the same twice: something here depends on more than the schedule.',
    )
  if (replay !== null) {
    lines.push(
      '',
      `  faultline check ${report.check} --variant ${shellWord(patch?.file ?? variant)} ${onKernelText(report)}--configuration ${report.configuration} --replay ${replay}`,
    )
  }
  return lines.join('\n')
}

/** The verdict of an exploration alone. */
export const verdictText = ({ variant, configuration, expects, explored, isAsExpected }: Report): string => {
  const { verdict, because, limits } = explored
  const why = because === null ? '' : ` (${WHY[because] ?? because})`
  const memory = limits.memory === 'sc' ? '' : ` with --memory ${limits.memory}`
  const expected = isAsExpected ? (verdict === 'FAIL' ? ', as it must' : '') : NOT_EXPECTED[expects]
  return `${verdict}${why} ${variant} in ${configuration}${memory}${expected}`
}

/** Most explorations that did not end are named; the rest are counted. */
const NAMED = 12

/** The explorations that were cut off or not begun, in a sentence; '' if there are none. */
export function cutOffText(reports: readonly Report[]): string {
  const cut = reports.filter(isCutOff)
  if (cut.length === 0) return ''
  const why = WHY[cut[0]!.explored.because!]
  const names = cut.slice(0, NAMED).map(({ variant, configuration }) => `${variant} in ${configuration}`)
  const more = cut.length > NAMED ? ` and ${cut.length - NAMED} more` : ''
  return `UNKNOWN (${why}): ${cut.length} of ${reports.length} explorations did not end: ${names.join(', ')}${more}`
}

export const isCutOff = ({ explored: { because } }: Report): boolean =>
  because === 'interrupted' || because === 'budget'

/** A verdict does not cover steps that no execution took: lists those of a patch, one a line. */
export function untakenText(reports: readonly Report[]): string {
  const [patch] = reports.flatMap((report) => report.patch ?? [])
  // An exploration that found something, or was interrupted, does not show which steps it would have taken.
  if (patch === undefined || reports.some(({ explored }) => explored.verdict !== 'PASS')) return ''
  const taken = new Set(reports.flatMap((report) => report.taken ?? []))
  const untaken = stepsOf(patch).filter((site) => !taken.has(site))
  if (untaken.length === 0) return ''
  const lines = untaken.map((site) => {
    const { fn, place } = partsOf(site)
    return `  ${place}, ${fn}()`
  })
  return [`No execution took these steps of ${patch.file}, so the verdict does not cover them:`, ...lines].join('\n')
}

function summaryLine(report: Report): string {
  const { counts, ms, limits } = report.explored
  return [
    verdictText(report),
    `${counts.executions} executions, ${counts.blocked} blocked, ${counts.pruned} pruned, ${counts.states} states,` +
      ` ${counts.steps} steps in ${(ms / 1000).toFixed(1)} s (${rateText(counts.steps / Math.max(ms, 1))})`,
    `at most ${limits.patience} retr${limits.patience === 1 ? 'y' : 'ies'} a fault before a signal`,
  ].join('; ')
}

/** Of steps a millisecond. */
const rateText = (rate: number) => (rate >= 100 ? `${(rate / 1000).toFixed(2)} M/s` : `${rate.toPrecision(2)} k/s`)

const WHY: Readonly<Record<string, string>> = {
  depth: 'an execution was longer than --depth',
  states: 'more states than --states',
  time: 'time was over, see --seconds',
  interrupted: 'interrupted',
  budget: 'the time was up, see --time-budget',
}

const NOT_EXPECTED = {
  PASS: ', which must hold',
  FAIL: ', whose fault was NOT found as declared',
} as const

const indent = (text: string) => text.replace(/^(?=.)/gm, '  ')

/** The flag for the kernel, if the variant runs on another kernel than its own. */
export const onKernelText = ({ kernel }: { readonly kernel?: string | undefined }): string =>
  kernel === undefined ? '' : `--kernel ${kernel} `
