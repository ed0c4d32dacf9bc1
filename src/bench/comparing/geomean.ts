import type { Change, Comparison } from './compare.ts'

/** Geometric means of one metric over the lines that have it in all columns. */
export type Geomean = {
  readonly metric: string
  readonly unit: string
  readonly lines: number
  readonly columns: readonly number[]
}

/** Of metrics that at least two lines have, with values that have a logarithm. */
export function geomeans({ columns }: Pick<Comparison, 'columns'>, changes: readonly Change[]): Geomean[] {
  const metrics = [...new Set(changes.map(({ metric }) => metric))]
  return metrics.flatMap((metric) => {
    const rows = rowsOf(changes.filter((change) => change.metric === metric)).filter(
      (row) => row.length === columns.length && row.every((value) => value > 0),
    )
    if (rows.length < 2) return []
    const means = columns.map((_, column) => {
      const logs = rows.map((row) => Math.log(row[column]!))
      return Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length)
    })
    return [
      { metric, unit: changes.find((change) => change.metric === metric)!.unit, lines: rows.length, columns: means },
    ]
  })
}

/** The medians of each line, the base first. */
function rowsOf(changes: readonly Change[]): number[][] {
  const rows = new Map<Change['line'], number[]>()
  for (const { line, base, head } of changes) rows.set(line, [...(rows.get(line) ?? [base.median]), head.median])
  return [...rows.values()]
}
