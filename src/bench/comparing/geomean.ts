import type { Change, Comparison } from './compare.ts'

/** Geometric means of one metric over the lines that have it in all columns, and whose changes are resolved. */
export type Geomean = {
  readonly metric: string
  readonly unit: string
  readonly lines: number
  /** Lines that are 0 in a column: they have no logarithm, and stand beside the mean. */
  readonly zeros: number
  readonly columns: readonly number[]
}

/** The means of metrics that at least two lines have, over values that have a logarithm; zeros are counted. */
export function geomeans({ columns }: Pick<Comparison, 'columns'>, changes: readonly Change[]): Geomean[] {
  const metrics = [...new Set(changes.map(({ metric }) => metric))]
  return metrics.flatMap((metric) => {
    const own = changes.filter((change) => change.metric === metric)
    const open = new Set(own.filter(({ verdict }) => verdict === 'unresolved').map(({ line }) => line))
    const whole = rowsOf(own.filter(({ line }) => !open.has(line))).filter((row) => row.length === columns.length)
    const rows = whole.filter((row) => row.every((value) => value > 0))
    // A line that is 0 in all columns did not fall.
    const zeros = whole.filter((row) => row.includes(0) && row.some((value) => value !== 0)).length
    if (rows.length < 2 && (zeros === 0 || whole.length < 2)) return []
    const means = columns.map((_, column) => {
      const logs = rows.map((row) => Math.log(row[column]!))
      return Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length)
    })
    const { unit } = changes.find((change) => change.metric === metric)!
    return [{ metric, unit, lines: rows.length, zeros, columns: means }]
  })
}

/** The medians of each line, the base first. */
function rowsOf(changes: readonly Change[]): number[][] {
  const rows = new Map<Change['line'], number[]>()
  for (const { line, base, head } of changes) rows.set(line, [...(rows.get(line) ?? [base.median]), head.median])
  return [...rows.values()]
}
