import type { Change, Comparison, Figure } from '../bench/comparing/compare.ts'
import { type Geomean, geomeans } from '../bench/comparing/geomean.ts'
import { probability, trials } from './compare-cells.ts'
import { preface } from './compare-text.ts'
import { benchName } from './names.ts'

/** A comparison as benchstat prints it: a table for each machine and metric, `~` where nothing is known. */
export function compareBenchstat(comparison: Comparison): string {
  const groups = new Map<string, Change[]>()
  for (const change of comparison.changes) {
    const key = `machine: ${change.line.machine}\nkind: ${change.line.kind}`
    groups.set(key, [...(groups.get(key) ?? []), change])
  }
  const tables = [...groups].flatMap(([key, changes]) => {
    const shared = sharedBy(changes.map(({ line }) => line))
    const set = Object.entries(shared).map(([name, value]) => `${name}: ${value}`)
    return [key, ...set, ...ofMachine(comparison, changes, Object.keys(shared))]
  })
  const stated = preface(comparison).map((line) => `! ${line}`)
  return [...stated, ...tables].join('\n')
}

/** Parameters that all lines have in common are configuration, and no part of their names. */
function sharedBy(lines: readonly Change['line'][]): Change['line'] {
  const [first, ...others] = [...new Set(lines)]
  const entries = Object.entries(first ?? {}).filter(
    ([name, value]) => !OF_THE_NAME.includes(name) && others.every((line) => line[name] === value),
  )
  return Object.fromEntries(entries)
}

const OF_THE_NAME = ['scenario', 'variant', 'machine', 'kind']

function ofMachine(comparison: Comparison, changes: readonly Change[], shared: readonly string[]): string[] {
  const metrics = [...new Set(changes.map(({ metric }) => metric))]
  const means = geomeans(comparison, changes)
  return metrics.map((metric) => {
    const own = changes.filter((change) => change.metric === metric)
    const mean = means.find((candidate) => candidate.metric === metric && candidate.lines > 1)
    return table(comparison, metric, own, mean, shared)
  })
}

/** Columns: the name, the base, and of each other its value and how it stands to the base. */
function table(
  { columns, by }: Comparison,
  metric: string,
  changes: readonly Change[],
  mean: Geomean | undefined,
  shared: readonly string[],
): string {
  const unit = unitOf(metric, changes[0]!.unit)
  const lines = [...new Set(changes.map(({ line }) => line))]
  const rows = lines.map((line) => [benchName(line, [by, ...shared]), ...cells(columns, changes, line)])
  if (mean !== undefined) rows.push(['geomean', ...meanCells(mean)])
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]!.length)))
  for (const at of columns.keys()) widths[valueAt(at)] = Math.max(widths[valueAt(at)]!, unit.length)
  for (const at of columns.keys()) if (at > 0) widths[valueAt(at) + 1] = Math.max(widths[valueAt(at) + 1]!, 7)
  const head = (label: (at: number) => string) =>
    [''.padEnd(widths[0]!), ...columns.map((_, at) => label(at)), ''].join(' │ ').trimEnd()
  const names = head((at) => centred(columns[at]!, widthOf(at, widths)))
  const units = head((at) => {
    const value = centred(unit, widths[valueAt(at)]!)
    return at === 0 ? value : `${value}  ${'vs base'.padEnd(widths[valueAt(at) + 1]!)}`
  })
  return [names, units, ...rows.map((row) => rowText(row, widths))].join('\n')
}

const valueAt = (column: number) => (column === 0 ? 1 : column * 2)
const widthOf = (column: number, widths: readonly number[]) =>
  column === 0 ? widths[1]! : widths[valueAt(column)]! + 2 + widths[valueAt(column) + 1]!

const unitOf = (metric: string, unit: string) => (unit === 'ns' ? `${metric.replace(/_ns$/, '')}-sec` : metric)

function cells(columns: readonly string[], changes: readonly Change[], line: Change['line']): string[] {
  const own = changes.filter((change) => change.line === line)
  return columns.flatMap((_, column) => {
    if (column === 0) return [figure(own[0]!.base, own[0]!.unit)]
    const change = own.find((candidate) => candidate.column === column)
    return change === undefined ? ['', ''] : [figure(change.head, change.unit), delta(change)]
  })
}

/** Median and how far the further end of its interval is, in percent. */
function figure({ median, ci95, n }: Figure, unit: string): string {
  const reach =
    n < 6 ? '∞' : `${Math.round((Math.max(median - ci95[0], ci95[1] - median) / Math.abs(median || 1)) * 100)}%`
  return `${scaled(unit === 'ns' ? median / 1e9 : median)} ± ${reach}`
}

function delta({ test, verdict, base, head, adjusted }: Change): string {
  const evidence = test.method === 'exact' ? '(exact)' : `(p=${probability(adjusted)} n=${trials(base.n, head.n)})`
  if (verdict === 'equal' || verdict === 'unresolved') return `${'~'.padStart(7)} ${evidence}`
  return `${(test.ratio === null ? '?' : percent(test.ratio)).padStart(7)} ${evidence}`
}

const percent = (ratio: number) => `${ratio < 1 ? '' : '+'}${((ratio - 1) * 100).toFixed(2)}%`

function meanCells({ columns, unit }: Geomean): string[] {
  return columns.flatMap((mean, column) => {
    const value = scaled(unit === 'ns' ? mean / 1e9 : mean)
    return column === 0 ? [value] : [value, percent(mean / columns[0]!).padStart(7)]
  })
}

function rowText(row: readonly string[], widths: readonly number[]): string {
  const text = row.map((cell, at) =>
    at === 0 || (at > 1 && at % 2 === 1) ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!),
  )
  const [name, base, ...others] = text
  const pairs = others.flatMap((cell, at) => (at % 2 === 0 ? [`${cell}  ${others[at + 1]}`] : []))
  return [name, base, ...pairs].join('   ').trimEnd()
}

const PREFIXES: readonly (readonly [number, string])[] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
  [1, ''],
  [1e-3, 'm'],
  [1e-6, 'µ'],
  [1e-9, 'n'],
]

/** Four significant digits and an SI prefix. */
function scaled(value: number): string {
  if (value === 0) return '0.000'
  const [size, prefix] = PREFIXES.find(([least]) => Math.abs(value) >= least) ?? [1e-9, 'n']
  const digits = value / size
  const whole = Math.trunc(Math.abs(digits)).toString().length
  return `${digits.toFixed(Math.max(0, 4 - whole))}${prefix}`
}

function centred(text: string, width: number): string {
  const left = Math.max(0, Math.floor((width - text.length) / 2))
  return `${' '.repeat(left)}${text}`.padEnd(width)
}
