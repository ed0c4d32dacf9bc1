import type { Run } from '../../../bench/result.ts'
import { count } from '../../numbers.ts'
import type { Matrix, Table } from '../spec.ts'

/** Outcomes against variants, each with its grade. */
export function outcomeMatrix(runs: readonly Run[]): { body: Matrix; table: Table } | undefined {
  const outcomes = new Map(runs.flatMap((run) => run.outcomes.map(({ outcome, says }) => [outcome, says] as const)))
  if (outcomes.size === 0) return undefined
  const columns = runs.map(({ variant }) => variant)
  const rows = [...outcomes].map(([name, says]) => ({
    name,
    says,
    cells: runs.map((run) => {
      const found = run.outcomes.find(({ outcome }) => outcome === name)
      return found === undefined
        ? { text: '', grade: 'absent' as const }
        : { text: count(found.count), grade: found.grade }
    }),
  }))
  return { body: { type: 'matrix', columns, rows }, table: { columns: [], rows: [] } }
}
