import type { Comparison } from '../bench/comparing/compare.ts'
import { summaryText } from './compare-cells.ts'
import { type Table, tablesOf } from './compare-tables.ts'
import { verdictText } from './compare-verdict.ts'
import { escapeMarkdown } from './markdown.ts'

/** A comparison for the terminal: what is hidden in the figures first, then tables, doubts, and a line that sums up. */
export function compareText(comparison: Comparison, group: readonly string[]): string {
  const tables = tablesOf(comparison, group)
  return [...preface(comparison).map((line) => `! ${line}`), ...tables.map(tableText), ...closing(comparison)]
    .join('\n\n')
    .replaceAll(/^(! .*)\n\n(?=! )/gm, '$1\n')
}

/** The same in GitHub's Markdown. */
export function compareMarkdown(comparison: Comparison, group: readonly string[]): string {
  const differences = preface(comparison).map((line) => `> ${escapeMarkdown(line)}  `)
  const tables = tablesOf(comparison, group).map(markdownTable)
  return [
    ...(differences.length === 0 ? [] : [differences.join('\n')]),
    ...tables,
    ...closing(comparison).map(escapeMarkdown),
  ].join('\n\n')
}

/** For a comment on a pull request: the verdict is the first line, and the figures are folded away below it. */
export function compareComment(comparison: Comparison, group: readonly string[]): string {
  const summary = escapeMarkdown(summaryText(comparison))
  const figures = compareMarkdown(comparison, group)
  const folded = `<details><summary>${summary === '' ? 'Nothing to compare' : summary}</summary>\n\n${figures}\n\n</details>`
  return `**${escapeMarkdown(verdictText(comparison))}**\n\n${folded}`
}

/** What must be known before the first figure is read. */
export function preface({ differences, skipped, columns }: Comparison): string[] {
  const isPlain = columns.length === 2
  const said = differences.map(({ says, columns: [base, head] }) => (isPlain ? says : `${base}, ${head}: ${says}`))
  const reasons = [...new Set(skipped.map(({ why }) => why))]
  const left = reasons.map((why) => `not compared (${why}): ${namesOf(comparisonLines(skipped, why))}`)
  const hint = skipped.some(({ why }) => why === 'hidden differences')
  return [...said, ...left, ...(hint ? ['--force compares them all the same'] : [])]
}

const comparisonLines = (skipped: Comparison['skipped'], why: string) => skipped.filter((one) => one.why === why)

/** Some of them by name, the others by number. */
function namesOf(skipped: Comparison['skipped']): string {
  const names = [...new Set(skipped.map(({ line }) => [line.scenario, line.variant, line.machine].join(' ')))]
  const some = names.slice(0, 4).join(', ')
  return names.length > 4 ? `${some} and ${names.length - 4} more` : some
}

function closing(comparison: Comparison): string[] {
  const methods = [...new Set(comparison.changes.map(({ test }) => test.method))].filter((method) => method !== 'exact')
  if (comparison.changes.length === 0) return ['Nothing to compare.']
  const names = { 'signed-rank': 'Wilcoxon signed-rank', 'mann-whitney': 'Mann-Whitney U', exact: '' }
  const isApart = comparison.changes.some(({ test }) => test.ranks !== null)
  const tests = [...methods.map((method) => names[method]), ...(isApart ? [OVER_TIME] : [])].join(', ')
  const { tests: count, exploratory, alpha } = comparison
  const others = exploratory === 0 ? '' : ` that decide, and apart for ${exploratory} exploratory ones`
  const how =
    count + exploratory === 0
      ? []
      : [`p: ${tests}; corrected by Holm for ${count} figures${others}; below ${alpha} is a change.`]
  return [...how, `${summaryText(comparison)}.`]
}

/** What trials of separate files must stand besides. */
const OVER_TIME = 'beyond what drift, jumps and autocorrelation of the host explain'

function tableText({ title, header, rows, notes }: Table): string {
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]!.length)))
  const line = (row: readonly string[]) => row.map((cell, column) => pad(cell, column, widths[column]!)).join('  ')
  return [title, ...[header, ...rows].map((row) => line(row).trimEnd()), ...notes.map((note) => `  ! ${note}`)].join(
    '\n',
  )
}

/** Names and changes are words and start at the left; figures end at the right. */
function pad(cell: string, column: number, width: number): string {
  const isFigure = column >= 2 && (column === 2 || column % 2 === 1)
  return isFigure ? cell.padStart(width) : cell.padEnd(width)
}

function markdownTable({ title, header, rows, notes }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const text = (cells: readonly string[]) => line(cells.map(escapeMarkdown))
  const rule = header.map((_, column) => (column >= 2 && (column === 2 || column % 2 === 1) ? '--:' : '---'))
  return [
    `### ${escapeMarkdown(title)}`,
    '',
    text(header),
    line(rule),
    ...rows.map(text),
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `- ${escapeMarkdown(note)}`)]),
  ].join('\n')
}
