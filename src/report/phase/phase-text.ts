import { type Cell, isFrontier, type PhaseDiagram } from './phase.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
/** More columns are wider than a terminal. */
const MOST_COLUMNS = 64

/** The map as text: a letter for the variant that wins, small where it is not sure, `=` where they are alike; lines are the frontier. */
export function phaseText(diagram: PhaseDiagram): string[] {
  const { x, y, xs, ys, variants, cells, decision } = diagram
  if (xs.length > MOST_COLUMNS || variants.length > LETTERS.length) {
    return [`${decision.reads} by ${x} and ${y}: the map has ${xs.length} columns; the page draws it`]
  }
  const named = ys.map((value) => String(value))
  const left = Math.max(...named.map(({ length }) => length), y.length)
  const wide = Math.max(...xs.map((value) => String(value).length), 1) + 2
  const lines = cells.flatMap((row, at) => {
    const below = cells[at + 1]
    const text = row.map((cell, column) => `${letterOf(cell)}${isFrontier(cell, row[column + 1]) ? '|' : ' '}`)
    const own = `${named[at]!.padStart(left)} ${text.map((each) => each.padStart(wide)).join('')}`
    if (below === undefined) return [own]
    const under = row.map((cell, column) => (isFrontier(cell, below[column]) ? '- ' : '  ').padStart(wide))
    return under.some((each) => each.includes('-')) ? [own, `${' '.repeat(left + 1)}${under.join('')}`] : [own]
  })
  return [
    `which variant has the better ${decision.reads}, by ${x} (across) and ${y} (down):`,
    ...lines.map((line) => line.trimEnd()),
    `${y.padStart(left)} ${xs.map((value) => `${value} `.padStart(wide)).join('')}`.trimEnd(),
    `${variants.map((name, index) => `${LETTERS[index]} ${name}`).join(', ')}; small: not resolved; =: alike; | and -: the frontier`,
  ]
}

function letterOf(cell: Cell | undefined): string {
  if (cell === undefined) return '.'
  if (cell.certainty === 'same') return '='
  const letter = LETTERS[cell.winner]!
  return cell.certainty === 'sure' ? letter : letter.toLowerCase()
}
