import { type Cell, isFrontier, type PhaseDiagram } from '../../phase/phase.ts'
import type { Phase, Table } from '../spec.ts'

const SAYS = { sure: 'wins', unsure: 'is ahead, not resolved', same: 'alike' } as const

/** Which variant wins where, as a map and as a table. */
export function phaseChart({ x, y, xs, ys, variants, cells }: PhaseDiagram): { body: Phase; table: Table } {
  const rows = cells.map((row, at) =>
    row.map((cell, column) => ({
      winner: cell?.winner ?? -1,
      certainty: cell?.certainty ?? ('absent' as const),
      says: sayOf(cell, variants),
      frontierRight: isFrontier(cell, row[column + 1]),
      frontierBelow: isFrontier(cell, cells[at + 1]?.[column]),
    })),
  )
  return {
    body: { type: 'phase', x, y, xs: xs.map(String), ys: ys.map(String), variants, rows },
    table: {
      columns: [`${y} \\ ${x}`, ...xs.map(String)],
      rows: rows.map((row, at) => [String(ys[at]), ...row.map(({ says }) => says)]),
    },
  }
}

function sayOf(cell: Cell | undefined, variants: readonly string[]): string {
  if (cell === undefined) return 'no figures'
  if (cell.certainty === 'same') return SAYS.same
  const ratio = cell.ratio === null ? '' : `, x ${cell.ratio.toPrecision(3)}`
  return `${variants[cell.winner]} ${SAYS[cell.certainty]}${ratio}`
}
