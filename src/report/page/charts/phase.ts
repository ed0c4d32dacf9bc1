import { type Cell, isFrontier } from '../../../bench/frontier/cell.ts'
import { crossingsOf, regionText } from '../../phase/crossings.ts'
import type { PhaseDiagram } from '../../phase/phase.ts'
import type { SweptAxis } from '../../sweep-axes.ts'
import { NO_TABLE, type Phase, type PhaseCell, type Table } from '../spec.ts'

const SAYS = { sure: 'wins', unsure: 'is ahead, not resolved', same: 'alike' } as const

/** The winning variant by two parameters: a map, which the page also lists as a table. */
export function phaseChart({ x, y, variants, cells }: PhaseDiagram): { body: Phase; table: Table } {
  const columns = x.values.map((_, column) => cells.map((row) => row[column]))
  // Between names there is no frontier, and nothing lies between them.
  const agreedAlong = ({ isOrdered }: SweptAxis, line: Line, at: number) => (isOrdered ? agreed(line, at) : undefined)
  const rows = cells.map((row, at) =>
    row.map((cell, column): PhaseCell => {
      const between =
        cell === undefined ? (agreedAlong(x, row, column) ?? agreedAlong(y, columns[column]!, at)) : undefined
      const right = x.isOrdered && isFrontier(cell, next(row, column)) ? 1 : 0
      const below = y.isOrdered && isFrontier(cell, next(columns[column]!, at)) ? 2 : 0
      return [
        winnerIn(cell ?? (between?.certainty === 'same' ? undefined : between), variants),
        cell?.certainty ?? 'absent',
        cell === undefined ? notRun(between) : sayOf(cell),
        (right + below) as PhaseCell[3],
      ]
    }),
  )
  return {
    body: {
      type: 'phase',
      x: x.name,
      y: y.name,
      xs: x.values.map(String),
      ys: y.values.map(String),
      variants,
      rows,
    },
    table: NO_TABLE,
  }
}

/** The frontier of a refined sweep, by the nearest loads on both sides; undefined if every load was run. */
export function crossingTable(diagram: PhaseDiagram): Table | undefined {
  const crossings = crossingsOf(diagram)
  if (crossings.length === 0) return undefined
  return {
    columns: ['on the line', 'from', 'best there', 'to', 'best there'],
    rows: crossings.map(({ along, from, to, across, at, below, above }) => {
      return [`${across} ${at}`, `${along} ${from}`, regionText(below), `${along} ${to}`, regionText(above)]
    }),
  }
}

type Line = readonly (Cell | undefined)[]

/** The next load that was run. */
const next = (line: Line, from: number) => line.slice(from + 1).find((cell) => cell !== undefined)

/** The cell on which the nearest loads on both sides agree, if they do. */
function agreed(line: Line, at: number): Cell | undefined {
  const [before, after] = [line.slice(0, at).findLast((cell) => cell !== undefined), next(line, at)]
  return before === undefined || after === undefined || isFrontier(before, after) ? undefined : after
}

const winnerIn = (cell: Cell | undefined, variants: readonly string[]) =>
  cell === undefined ? -1 : variants.indexOf(cell.winner)

function notRun(between: Cell | undefined): string {
  if (between === undefined) return 'not run, or no figures'
  return `not run, between loads where ${between.certainty === 'same' ? 'there is no difference' : `${between.winner} is ahead`}`
}

function sayOf(cell: Cell): string {
  if (cell.certainty === 'same') return SAYS.same
  const ratio = cell.ratio === null ? '' : `, ${cell.ratio.toPrecision(3)}x`
  return `${cell.winner} ${SAYS[cell.certainty]}${ratio}`
}
