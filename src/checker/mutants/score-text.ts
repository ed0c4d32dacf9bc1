import type { Scored, Surveyed } from './score.ts'
import { WHY_NOT } from './survivors.ts'

/** A page of Markdown: what was changed, whether anybody noticed, and if not, why. */
export function scoreText(surveyed: readonly Surveyed[], scored: readonly Scored[], command: string): string {
  const rows = scored.map((one) => ({ ...one, ...judge(one) }))
  const count = (verdict: string) => rows.filter((row) => row.verdict === verdict).length
  const checks = [...new Set(surveyed.map(({ check, variant }) => `${check} (${variant})`))]
  return [
    '# Mutants',
    '',
    'Each step that a protocol takes is left out once (`dropped`), or answered 0 without a look (`unasked`); each READ_ONCE and',
    'WRITE_ONCE becomes a plain access (`plain`). The checker is asked whether it notices, wherever the step is taken. A mutant is',
    '*killed* by the property that is found violated; *equivalent* if nothing is wrong with it in these configurations; otherwise it',
    'has *survived*, for the reason given.',
    '',
    '```',
    command,
    '```',
    '',
    `${rows.length} mutants: ${count('killed')} killed, ${count('equivalent')} equivalent, ${count('survived')} survived, ${count('unknown')} unknown.`,
    ...unexplainedText(rows.filter(({ why }) => why === '').length),
    '',
    ...checks.map((check) => `- ${check}: ${placesIn(surveyed, check)}`),
    '',
    '| file | function | step | | | noticed by, or why not |',
    '|---|---|---|---|---|---|',
    ...rows.map(
      ({ file, in: fn, code, kind, verdict, why }) =>
        `| ${file.slice('protocols/'.length, -'.js'.length)} | ${fn} | \`${code.replaceAll('|', '\\|')}\` | ${kind} | ${verdict} | ${why} |`,
    ),
    '',
  ].join('\n')
}

const unexplainedText = (many: number): string[] =>
  many === 0 ? [] : [`Why ${many} of them live has not been found out yet: their last column is empty.`]

const placesIn = (surveyed: readonly Surveyed[], wanted: string) =>
  surveyed
    .filter(({ check, variant }) => `${check} (${variant})` === wanted)
    .map(({ configuration }) => configuration)
    .join(', ')

/** Mutants of which nobody knows why they live. */
export const unexplained = (scored: readonly Scored[]): Scored[] => scored.filter((one) => judge(one).why === '')

function judge({ file, code, in: fn, kind, report }: Scored): { verdict: string; why: string } {
  if (report.verdict === 'FAIL') return { verdict: 'killed', why: `${report.by} in ${report.where}` }
  const reason = WHY_NOT.find(
    (one) => (one.file ?? file) === file && (one.in ?? fn) === fn && (one.kind ?? kind) === kind && one.code.test(code),
  )
  if (reason !== undefined) return { verdict: reason.verdict, why: reason.why }
  return { verdict: report.verdict === 'UNKNOWN' ? 'unknown' : 'survived', why: '' }
}
