import type { Change, Comparison } from '../bench/comparing/compare.ts'
import { type Geomean, geomeans } from '../bench/comparing/geomean.ts'
import type { Missing } from '../bench/comparing/missing.ts'
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
  const all = [...comparison.changes, ...comparison.missing]
  const titles = [...new Set(all.map(({ line }) => titleOf(line, group)))]
  return titles.map((title) => {
    const own = <T extends { readonly line: Change['line'] }>(from: readonly T[]) =>
      from.filter(({ line }) => titleOf(line, group) === title)
    return tableOf(comparison, title, { changes: own(comparison.changes), missing: own(comparison.missing) }, names)
  })
}

type Part = Pick<Comparison, 'changes' | 'missing'>

function titleOf(line: Change['line'], group: readonly string[]): string {
  const named = NAMES.filter((name) => line[name] !== undefined).map((name) => line[name])
  const set = group.map((name) => `${name}=${line[name] ?? '-'}`)
  return [...named, ...set].join(' ')
}

function tableOf(comparison: Comparison, title: string, { changes, missing }: Part, grouped: readonly string[]): Table {
  const lines = [...new Set([...changes, ...missing].map(({ line }) => line))]
  const names = lineNames(lines, grouped)
  const nameOf = new Map(lines.map((line, index) => [line, names[index]!]))
  const [changesOf, missingOf] = [byLine(changes), byLine(missing)]
  const partOf = (line: Change['line']) => ({ changes: changesOf.get(line) ?? [], missing: missingOf.get(line) ?? [] })
  const { shown, says } = shownOf(lines, partOf)
  const rows = shown.flatMap((line) => rowsOf(comparison, nameOf.get(line)!, partOf(line)))
  const [base, ...others] = comparison.columns
  return {
    title,
    header: ['', '', base!, ...others.flatMap((name) => [name, 'against the first'])],
    rows: [...rows, ...geomeans(comparison, changes).map(meanRow)],
    notes: [
      ...says,
      ...shown
        .flatMap((line) => changesOf.get(line) ?? [])
        .flatMap(({ line, metric, notes }) => notes.map((note) => `${nameOf.get(line)} ${metric}: ${note}`.trim())),
    ],
  }
}

/** A table of more rows is not read: it has the runs in which something changed. */
const MOST_ROWS = 2000

/** The runs that a table shows, and sentences about those that it leaves out. */
function shownOf(
  lines: readonly Change['line'][],
  partOf: (line: Change['line']) => Part,
): { readonly shown: readonly Change['line'][]; readonly says: readonly string[] } {
  const sizeOf = (line: Change['line']) => partOf(line).changes.length + partOf(line).missing.length
  if (lines.reduce((sum, line) => sum + sizeOf(line), 0) <= MOST_ROWS) return { shown: lines, says: [] }
  const changed = lines.filter((line) => {
    const { changes, missing } = partOf(line)
    return missing.length > 0 || changes.some(({ verdict }) => verdict !== 'equal' && verdict !== 'unresolved')
  })
  let rows = 0
  const shown = changed.filter((line) => {
    rows += sizeOf(line)
    return rows <= MOST_ROWS
  })
  const [same, more] = [lines.length - changed.length, changed.length - shown.length]
  return {
    shown,
    says: [
      ...(same === 0 ? [] : [`${same} runs in which no figure changed are not shown; --format json has them`]),
      ...(more === 0 ? [] : [`${more} more runs in which figures changed are not shown; --format json has them`]),
    ],
  }
}

function meanRow({ metric, unit, columns, lines, zeros }: Geomean): string[] {
  const without = zeros === 0 ? '' : `, without ${zeros} at 0`
  const shown = (mean: number) => (lines === 0 ? '-' : inUnit(mean, unit))
  return [
    `geomean of ${lines} resolved${without}`,
    metric,
    shown(columns[0]!),
    ...columns.slice(1).flatMap((mean) => [shown(mean), lines === 0 ? '' : ratioChange(mean / columns[0]!)]),
  ]
}

function byLine<T extends { readonly line: Change['line'] }>(
  all: readonly T[],
): ReadonlyMap<Change['line'], readonly T[]> {
  const lines = new Map<Change['line'], T[]>()
  for (const one of all) {
    const own = lines.get(one.line)
    if (own === undefined) lines.set(one.line, [one])
    else own.push(one)
  }
  return lines
}

function rowsOf({ columns }: Comparison, name: string, { changes, missing }: Part): string[][] {
  const metrics = [...new Set(changes.map(({ metric }) => metric))]
  const rows = metrics.map((metric) => {
    const own = changes.filter((change) => change.metric === metric)
    const [first] = own
    const others = columns.slice(1).flatMap((_, at) => {
      const change = own.find(({ column }) => column === at + 1)
      return change === undefined ? ['-', ''] : [figureText(change.head, change.unit), changeText(change)]
    })
    return [metric, figureText(first!.base, first!.unit), ...others]
  })
  const lost = missing.map((one) => missingRow(columns, one))
  return [...rows, ...lost].map((row, index) => [index === 0 ? name : '', ...row])
}

const WORDS = { gone: 'gone', new: 'new', short: 'too few samples on one side' } as const

function missingRow(columns: readonly string[], { metric, column, median, unit, is, isIn }: Missing): string[] {
  const there = median === null ? 'there' : inUnit(median, unit)
  const isOfBase = isIn === 'base'
  const others = columns.slice(1).flatMap((_, at) => {
    if (at + 1 !== column) return ['', '']
    return [isOfBase ? '-' : there, WORDS[is]]
  })
  return [metric ?? 'the run', isOfBase ? there : '-', ...others]
}
