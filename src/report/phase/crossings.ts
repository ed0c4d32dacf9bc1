import { type Cell, isFrontier } from '../../bench/frontier/cell.ts'
import type { PhaseDiagram } from './phase.ts'

/** Two loads next to each other on a line of the map, between which the frontier runs. */
export type Crossing = {
  readonly along: string
  readonly from: string | number
  readonly to: string | number
  /** The other parameter, and its value on that line. */
  readonly across: string
  readonly at: string | number
  readonly below: Cell
  readonly above: Cell
}

/** Where the frontier crosses the lines of a refined sweep; empty if every load of the map was run. */
export function crossingsOf(diagram: PhaseDiagram): Crossing[] {
  const { x, y, cells } = diagram
  if (cells.every((row) => row.every((cell) => cell !== undefined))) return []
  const { columns, rows } = diagram.swept
  const upwards = [...y.values.keys()].reverse()
  return [
    ...(x.isOrdered ? rows.toReversed() : []).flatMap((row) => {
      const line = x.values.map((value, column) => ({ value, cell: cells[row]![column] }))
      return crossed(line).map((pair) => ({ along: x.name, across: y.name, at: y.values[row]!, ...pair }))
    }),
    ...(y.isOrdered ? columns : []).flatMap((column) => {
      const line = upwards.map((row) => ({ value: y.values[row]!, cell: cells[row]![column] }))
      return crossed(line).map((pair) => ({ along: y.name, across: x.name, at: x.values[column]!, ...pair }))
    }),
  ]
}

type Place = { readonly value: string | number; readonly cell: Cell | undefined }

function crossed(line: readonly Place[]): Pick<Crossing, 'from' | 'to' | 'below' | 'above'>[] {
  const there = line.filter(({ cell }) => cell !== undefined)
  return there.flatMap(({ value: to, cell: above }, index) => {
    const before = there[index - 1]
    if (before === undefined || !isFrontier(before.cell, above)) return []
    return [{ from: before.value, to, below: before.cell!, above: above! }]
  })
}

/** `alike`, or the variant that wins. */
export const regionText = ({ certainty, winner }: Cell): string =>
  certainty === 'same' ? 'alike' : certainty === 'sure' ? winner : `${winner}, not resolved`
