import type { Change, Comparison } from '../bench/comparing/compare.ts'
import { geomeans } from '../bench/comparing/geomean.ts'
import { changeText, figureText, lineNames, ratioChange } from './compare-cells.ts'
import { inUnit } from './numbers.ts'

/** A table of a comparison, ready for any format: its title, its header, its rows. */
export type Table = {
  readonly title: string
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly notes: readonly string[]
}

const NAMES = ['scenario', 'machine', 'kind']

/** One table for each value of `group`: by default for each scenario, machine and kind. Geometric means stand last. */
export function tablesOf(comparison: Comparison, group: readonly string[] = []): Table[] {
  const names = [...NAMES, ...group]
  const groups = new Map<string, Change[]>()
  for (const change of comparison.changes) {
    const title = titleOf(change.line, group)
    groups.set(title, [...(groups.get(title) ?? []), change])
  }
  return [...groups].map(([title, changes]) => tableOf(comparison, title, changes, names))
}

function titleOf(line: Change['line'], group: readonly string[]): string {
  const named = NAMES.filter((name) => line[name] !== undefined).map((name) => line[name])
  const set = group.map((name) => `${name}=${line[name] ?? '-'}`)
  return [...named, ...set].join(' ')
}

function tableOf(comparison: Comparison, title: string, changes: readonly Change[], grouped: readonly string[]): Table {
  const lines = [...new Set(changes.map(({ line }) => line))]
  const names = lineNames(lines, grouped)
  const rows = lines.flatMap((line, index) => rowsOf(comparison, names[index]!, changesOf(changes, line)))
  const means = geomeans(comparison, changes).map(({ metric, unit, columns, lines: count }) => [
    `geomean of ${count}`,
    metric,
    inUnit(columns[0]!, unit),
    ...columns.slice(1).flatMap((mean) => [inUnit(mean, unit), ratioChange(mean / columns[0]!)]),
  ])
  const [base, ...others] = comparison.columns
  return {
    title,
    header: ['', '', base!, ...others.flatMap((name) => [name, 'against the first'])],
    rows: [...rows, ...means],
    notes: changes.flatMap(({ line, metric, notes }) =>
      notes.map((note) => `${names[lines.indexOf(line)]} ${metric}: ${note}`.trim()),
    ),
  }
}

const changesOf = (changes: readonly Change[], line: Change['line']) => changes.filter((change) => change.line === line)

function rowsOf({ columns }: Comparison, name: string, changes: readonly Change[]): string[][] {
  const metrics = [...new Set(changes.map(({ metric }) => metric))]
  return metrics.map((metric, index) => {
    const own = changes.filter((change) => change.metric === metric)
    const [first] = own
    const others = columns.slice(1).flatMap((_, at) => {
      const change = own.find(({ column }) => column === at + 1)
      return change === undefined ? ['-', ''] : [figureText(change.head, change.unit), changeText(change)]
    })
    return [index === 0 ? name : '', metric, figureText(first!.base, first!.unit), ...others]
  })
}
