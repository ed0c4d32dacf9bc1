import type { Scored } from './score.ts'
import { WHY_NOT } from './survivors.ts'

/** The score as a page of Markdown: what was left out, whether anybody noticed, and why not. */
export function scoreText(
  check: string,
  variant: string,
  configurations: readonly string[],
  scored: readonly Scored[],
): string {
  const rows = scored.map((one) => ({ ...one, ...judge(one) }))
  const count = (verdict: string) => rows.filter((row) => row.verdict === verdict).length
  return [
    `# Mutants of ${variant}`,
    '',
    'Each step that the protocol takes in these configurations is left out once: a statement does nothing, a question is not asked and',
    'its answer is 0. The checker is asked whether it notices.',
    '',
    '```',
    `npm run check -- ${check} --variant ${variant} --mutants`,
    '```',
    '',
    `Configurations: ${configurations.join(', ')}. ${rows.length} mutants: ${count('killed')} killed, ${count('equivalent')} equivalent,` +
      ` ${count('survived')} survived, ${count('unknown')} unknown.`,
    '',
    '| file | line | function | left out | | noticed by |',
    '|---|---:|---|---|---|---|',
    ...rows.map((row) => `| ${row.file} | ${row.line} | ${row.in} | \`${row.code}\` | ${row.verdict} | ${row.why} |`),
    '',
  ].join('\n')
}

function judge({ code, in: fn, report }: Scored): { verdict: string; why: string } {
  if (report.verdict === 'FAIL') {
    const where = report.configuration === '' ? '' : ` in ${report.configuration}`
    return { verdict: 'killed', why: `${report.by}${where}` }
  }
  const reason = WHY_NOT.find((one) => (one.in === undefined || one.in === fn) && one.code.test(code))
  if (reason !== undefined) return { verdict: reason.verdict, why: reason.why }
  return { verdict: report.verdict === 'UNKNOWN' ? 'unknown' : 'survived', why: '' }
}
