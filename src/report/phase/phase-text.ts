import { type Cell, isFrontier } from '../../bench/frontier/cell.ts'
import { leftColumns } from '../numbers.ts'
import { crossingsOf, regionText } from './crossings.ts'
import type { PhaseDiagram } from './phase.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
/** More columns are wider than a terminal. */
const MOST_COLUMNS = 64
/** Lines about the frontier; the page has all of them. */
const MOST_CROSSINGS = 24

/**
 * The map as text: a letter for the variant that wins, small where it is not sure, `=` where they are alike; lines are the frontier. Of
 * a refined sweep it shows the lines of the sweep, and below where the frontier crosses them.
 */
export function phaseText(diagram: PhaseDiagram): string[] {
  const { x, y, variants, decision, swept } = diagram
  const xs = swept.columns.map((column) => diagram.xs[column]!)
  const ys = swept.rows.map((row) => diagram.ys[row]!)
  const cells = swept.rows.map((row) => swept.columns.map((column) => diagram.cells[row]![column]))
  if (xs.length > MOST_COLUMNS || variants.length > LETTERS.length) {
    return [`${decision.reads} by ${x} and ${y}: the map has ${xs.length} columns; the page draws it`]
  }
  const named = ys.map((value) => String(value))
  const left = Math.max(...named.map(({ length }) => length), y.length)
  const wide = Math.max(...xs.map((value) => String(value).length), 1) + 2
  const map = cells.flatMap((row, at) => {
    const below = cells[at + 1]
    const text = row.map(
      (cell, column) => `${letterOf(cell, variants)}${isFrontier(cell, row[column + 1]) ? '|' : ' '}`,
    )
    const own = `${named[at]!.padStart(left)} ${text.map((each) => each.padStart(wide)).join('')}`
    if (below === undefined) return [own]
    const under = row.map((cell, column) => (isFrontier(cell, below[column]) ? '- ' : '  ').padStart(wide))
    return under.some((each) => each.includes('-')) ? [own, `${' '.repeat(left + 1)}${under.join('')}`] : [own]
  })
  return [
    `which variant has the better ${decision.reads}, by ${x} (across) and ${y} (down):`,
    ...map.map((line) => line.trimEnd()),
    `${y.padStart(left)} ${xs.map((value) => `${value} `.padStart(wide)).join('')}`.trimEnd(),
    `${variants.map((name, index) => `${LETTERS[index]} ${name}`).join(', ')}; small: not resolved; =: alike; | and -: the frontier`,
    ...crossingLines(diagram),
  ]
}

function letterOf(cell: Cell | undefined, variants: readonly string[]): string {
  if (cell === undefined) return '.'
  if (cell.certainty === 'same') return '='
  const letter = LETTERS[variants.indexOf(cell.winner)]!
  return cell.certainty === 'sure' ? letter : letter.toLowerCase()
}

/** `at pause-us 100  between vcpus 12 (no-precheck) and 13 (precheck)`. */
function crossingLines(diagram: PhaseDiagram): string[] {
  const crossings = crossingsOf(diagram)
  if (crossings.length === 0) return []
  const rows = crossings.slice(0, MOST_CROSSINGS).map(({ along, from, to, across, at, below, above }) => {
    return [`at ${across} ${at}`, `between ${along} ${from} (${regionText(below)})`, `and ${to} (${regionText(above)})`]
  })
  const more = crossings.length - rows.length
  return [
    '',
    'the frontier:',
    leftColumns(rows),
    ...(more > 0 ? [`and ${more} more crossings: the page has them`] : []),
  ]
}
