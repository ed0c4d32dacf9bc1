import type { Comparison } from '../bench/comparing/compare.ts'
import { summaryText } from './compare-cells.ts'
import { type Table, tablesOf } from './compare-tables.ts'
import { verdictText } from './compare-verdict.ts'
import { fit } from './fit.ts'
import { escapeMarkdown } from './markdown.ts'
import { type Paint, PLAIN, padEnd, padStart, type Style, type Tone, widthOf } from './tones.ts'
import { warningLines } from './warning-lines.ts'

/** Formats a comparison for the terminal: the answer, the caveats, the tables, and a line that sums up. */
export function compareText(comparison: Comparison, group: readonly string[], style: Style = PLAIN): string {
  const tables = tablesOf(comparison, group)
  const { columns, changes } = comparison
  const doubts = doubtsText(comparison)
  const warnings = preface(comparison).map((line) => `${style.paint('!', 'doubtful')} ${line}`)
  return [
    ...(columns.length === 2 && changes.length > 0 ? [verdictText(comparison, style)] : []),
    ...(warnings.length === 0 ? [] : [warnings.join('\n')]),
    ...tables.map((table) => tableText(table, style)),
    ...(doubts.length === 0 ? [] : [doubts.map((line) => `${style.paint('!', 'doubtful')} ${line}`).join('\n')]),
    ...closingLines(comparison),
  ]
    .map((part) => fit(part, style.width))
    .join('\n\n')
}

/** The same in GitHub's Markdown, the verdict first. */
export function compareMarkdown(comparison: Comparison, group: readonly string[]): string {
  const { columns, changes } = comparison
  const verdict = columns.length === 2 && changes.length > 0 ? `**${escapeMarkdown(verdictText(comparison))}**\n\n` : ''
  return verdict + figuresMarkdown(comparison, group)
}

function figuresMarkdown(comparison: Comparison, group: readonly string[]): string {
  const differences = preface(comparison).map((line) => `> ${escapeMarkdown(line)}  `)
  const tables = tablesOf(comparison, group).map(markdownTable)
  const doubts = doubtsText(comparison)
  return [
    ...(differences.length === 0 ? [] : [differences.join('\n')]),
    ...tables,
    ...(doubts.length === 0 ? [] : [doubts.map((line) => `- ${escapeMarkdown(line)}`).join('\n')]),
    ...closingLines(comparison).map(escapeMarkdown),
  ].join('\n\n')
}

/** For a comment on a pull request: the verdict is the first line, and the figures are folded away below it. */
export function compareComment(comparison: Comparison, group: readonly string[]): string {
  const summary = escapeMarkdown(summaryText(comparison))
  const figures = figuresMarkdown(comparison, group)
  const folded = `<details><summary>${summary === '' ? 'Nothing to compare' : summary}</summary>\n\n${figures}\n\n</details>`
  return `**${escapeMarkdown(verdictText(comparison))}**\n\n${folded}`
}

/** The caveats that a reader needs before the first figure. */
export function preface({ differences, skipped, columns }: Comparison): string[] {
  const isPlain = columns.length === 2
  const stated = differences.map(({ says, columns: [base, head] }) => (isPlain ? says : `${base}, ${head}: ${says}`))
  const reasons = [...new Set(skipped.map(({ why }) => why))]
  const left = reasons.map((why) => `not compared (${why}): ${namesOf(comparisonLines(skipped, why))}`)
  const hint = skipped.some(({ why }) => why === 'hidden differences')
  return [...stated, ...left, ...(hint ? ['--force compares them all the same'] : [])]
}

/** The warnings of the results about their own figures; a warning of all columns is printed once. */
function doubtsText({ doubts, columns, by }: Comparison): string[] {
  const columnsOf = new Map<string, string[]>()
  for (const column of columns) {
    const runs = doubts.filter((one) => one.column === column)
    for (const line of warningLines(by === 'variant' ? runs.map((run) => ({ ...run, variant: '' })) : runs)) {
      columnsOf.set(line, [...(columnsOf.get(line) ?? []), column])
    }
  }
  return [...columnsOf].map(([line, own]) => {
    const doubt = line.slice('! '.length)
    return own.length === columns.length ? doubt : `${own.join(', ')}: ${doubt}`
  })
}

const comparisonLines = (skipped: Comparison['skipped'], why: string) => skipped.filter((one) => one.why === why)

/** Some of them by name, the others by number. */
function namesOf(skipped: Comparison['skipped']): string {
  const names = [...new Set(skipped.map(({ line }) => [line.scenario, line.variant, line.machine].join(' ')))]
  const some = names.slice(0, 4).join(', ')
  return names.length > 4 ? `${some} and ${names.length - 4} more` : some
}

function closingLines(comparison: Comparison): string[] {
  const methods = [...new Set(comparison.changes.map(({ test }) => test.method))].filter((method) => method !== 'exact')
  if (comparison.changes.length === 0) return ['Nothing to compare.']
  const names = { 'signed-rank': 'Wilcoxon signed-rank', 'mann-whitney': 'Mann-Whitney U', exact: '' }
  const isApart = comparison.changes.some(({ test }) => test.ranks !== null)
  const tests = [...methods.map((method) => names[method]), ...(isApart ? [OVER_TIME] : [])].join(', ')
  const { tests: count, exploratory, alpha } = comparison
  const others =
    exploratory === 0 ? '' : `, and apart for ${exploratory} exploratory ${exploratory === 1 ? 'one' : 'ones'}`
  const deciding = count === 1 ? '1 figure that decides' : `${count} figures that decide`
  const how =
    count + exploratory === 0
      ? []
      : [`p: ${tests}; corrected by Holm for ${deciding}${others}; below ${alpha} is a change.`]
  return [...how, `${summaryText(comparison)}.`]
}

/** The limit that differences between trials of separate files must also exceed. */
const OVER_TIME = 'beyond what drift, jumps and autocorrelation of the host explain'

function tableText(table: Table, { width, paint }: Style): string {
  const toned = { ...table, rows: table.rows.map((row) => row.map((cell, at) => tonedChange(cell, at, paint))) }
  const beside = besideEachOther(toned)
  const isWide = width !== undefined && beside.some((line) => widthOf(line) > width)
  const lines = isWide ? belowEachOther(toned) : beside
  return [table.title, ...lines, ...table.notes.map((note) => `  ${paint('!', 'doubtful')} ${note}`)].join('\n')
}

function besideEachOther({ header, rows }: Table): string[] {
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => widthOf(row[column]!))))
  const line = (row: readonly string[]) => row.map((cell, column) => pad(cell, column, widths[column]!)).join('  ')
  return [header, ...rows].map((row) => line(row).trimEnd())
}

/** For a terminal that is too narrow for a table: the run, its figures, and below each figure its value on every side. */
function belowEachOther({ header, rows }: Table): string[] {
  return rows.flatMap(([name, metric, base, ...others]) => {
    const sides = header.slice(3).flatMap((side, at) => {
      if (at % 2 === 1) return []
      return [`    ${side} ${others[at]}  ${others[at + 1]}`.trimEnd()]
    })
    return [...(name === '' ? [] : [name!]), `  ${metric}`, `    ${header[2]} ${base}`, ...sides]
  })
}

const TONES: readonly (readonly [RegExp, Tone])[] = [
  [/^~|^too few/, 'doubtful'],
  [/ better \(/, 'better'],
  [/ worse \(|^gone$/, 'worse'],
]

/** Every second cell from the fourth on says what changed. */
function tonedChange(cell: string, column: number, paint: Paint): string {
  if (column < 4 || column % 2 === 1) return cell
  const tone = TONES.find(([pattern]) => pattern.test(cell))?.[1]
  return tone === undefined ? cell : paint(cell, tone)
}

/** Names and changes are words and start at the left; figures end at the right. */
function pad(cell: string, column: number, width: number): string {
  const isFigure = column >= 2 && (column === 2 || column % 2 === 1)
  return isFigure ? padStart(cell, width) : padEnd(cell, width)
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
