import type { EngineReport, Surveyed } from './engines.ts'
import { isOfOrder } from './mutations.ts'
import type { Scored } from './score.ts'
import { WHY_NOT } from './survivors.ts'
import { WHY_NOT_OF_ORDER } from './weak-survivors.ts'

/** How many mutants were killed, and how many not. */
export function scoreLine(scored: readonly Scored[]): string {
  const verdicts = scored.map((one) => judge(one).verdict)
  const count = (verdict: string) => verdicts.filter((one) => one === verdict).length
  return `${scored.length} mutants: ${count('killed')} killed, ${count('equivalent')} equivalent, ${count('survived')} survived, ${count('unknown')} unknown.`
}

/** A page of Markdown: each change, whether a check noticed it, and if not, why. */
export function scoreText(surveyed: readonly Surveyed[], scored: readonly Scored[], command: string): string {
  const rows = scored.map((one) => ({ ...one, ...judge(one) }))
  return [
    '# Mutants',
    '',
    'For each step of a protocol, one mutant omits the step (`dropped`), and one returns 0 instead of accessing memory (`unasked`). Each',
    'READ_ONCE and WRITE_ONCE becomes a plain access (`plain`); each acquire and release loses its order (`relaxed`). The checker explores',
    'each mutant wherever the changed step is taken: first with sequentially consistent memory (`sc`), then, if that finds nothing, with',
    '`relaxed` memory. `sc` is skipped for barriers and for plain and relaxed accesses, which it cannot distinguish. If `relaxed` finds a',
    'violation, `tso` shows whether x86 has it too. A mutant is *killed* if a property is violated, or if an execution takes more than ten',
    'times the steps of any execution of the original protocol. It is *equivalent* if it is correct in these configurations, *unknown* if',
    'another bound was reached, and otherwise it *survived*, for the given reason. The last column names the memory model that noticed the',
    'mutant, or those that explored it and the number of configurations.',
    '',
    '```',
    command,
    '```',
    '',
    scoreLine(scored),
    ...unexplainedText(rows.filter(({ why }) => why === '').length),
    '',
    ...placesText(surveyed),
    '',
    '| file | function | step | | | noticed by, or why not | memory |',
    '|---|---|---|---|---|---|---|',
    ...scored.map(rowText),
    '',
  ].join('\n')
}

const OURS = 'protocols/'
const isOurs = (file: string) => file.startsWith(OURS)

/** The line of one mutant in the table. */
export function rowText(scored: Scored): string {
  const { file, in: fn, code, kind, engines } = scored
  const { verdict, why } = judge(scored)
  const step = `\`${code.replaceAll('|', '\\|')}\``
  return `| ${isOurs(file) ? file.slice(OURS.length, -'.js'.length) : file} | ${fn} | ${step} | ${kind} | ${verdict} | ${why} | ${enginesText(engines)} |`
}

const unexplainedText = (many: number): string[] =>
  many === 0 ? [] : [`Why ${many} of them live has not been found out yet: their column is empty.`]

/** The memory models that noticed; if none did, those that were explored, where, and which did not finish. */
function enginesText(engines: readonly EngineReport[]): string {
  const noticed = engines.filter(({ verdict }) => verdict === 'FAIL')
  if (noticed.length > 0) return noticed.map(({ memory }) => memory).join(', ')
  return engines
    .map(({ memory, places, verdict }) => `${memory} in ${places}${verdict === 'UNKNOWN' ? ', to a bound' : ''}`)
    .join('; ')
}

/** The explored places, by check: the configurations that are small enough. */
function placesText(surveyed: readonly Surveyed[]): string[] {
  const keys = [...new Set(surveyed.map(({ check, variant, limits }) => `${check} (${variant}), ${limits.memory}`))]
  return keys.map((key) => {
    const here = surveyed.filter(({ check, variant, limits }) => `${check} (${variant}), ${limits.memory}` === key)
    return `- ${key}: ${here.map(({ configuration }) => configuration).join(', ')}`
  })
}

/** Mutants that live for an unknown reason. */
export const unexplained = (scored: readonly Scored[]): Scored[] => scored.filter((one) => judge(one).why === '')

function judge(scored: Scored): { verdict: string; why: string } {
  const { file, code, in: fn, kind, report } = scored
  if (report.verdict === 'FAIL') return { verdict: 'killed', why: `${report.by} in ${report.where}` }
  if (!isOurs(file) && scored.engines.length === 0)
    return { verdict: 'unknown', why: 'not asked: sc has no other order' }
  // Reasons are of our functions: why a step of a patch is not missed, its author knows.
  if (!isOurs(file)) return { verdict: report.verdict === 'UNKNOWN' ? 'unknown' : 'survived', why: '' }
  const reason = (isOfOrder(scored) ? WHY_NOT_OF_ORDER : WHY_NOT).find(
    (one) => (one.file ?? file) === file && (one.in ?? fn) === fn && (one.kind ?? kind) === kind && one.code.test(code),
  )
  if (report.verdict === 'UNKNOWN') return { verdict: 'unknown', why: reason?.why ?? '' }
  return { verdict: reason?.verdict ?? 'survived', why: reason?.why ?? '' }
}
