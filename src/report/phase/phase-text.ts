import { type Cell, isFrontier } from '../../bench/frontier/cell.ts'
import { wrapped } from '../fit.ts'
import { leftColumns } from '../numbers.ts'
import type { SweptAxis } from '../sweep-axes.ts'
import { widthOf } from '../tones.ts'
import { crossingsOf, regionText } from './crossings.ts'
import type { PhaseDiagram } from './phase.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
/** A map of a text that goes to a file is no wider. */
const WIDEST = 160
/** Lines about the frontier; the page has all of them. */
const MOST_CROSSINGS = 24

/**
 * The map as text: a letter for the variant that wins, small where it is not sure, `=` where they are alike; lines are the frontier. Of
 * a refined sweep it shows the lines of the sweep, and below where the frontier crosses them.
 */
export function phaseText(diagram: PhaseDiagram, width = WIDEST): string[] {
  const { variants, decision, swept, at } = diagram
  const x = { ...diagram.x, values: swept.columns.map((column) => diagram.x.values[column]!) }
  const y = { ...diagram.y, values: swept.rows.map((row) => diagram.y.values[row]!) }
  const cells = swept.rows.map((row) => swept.columns.map((column) => diagram.cells[row]![column]))
  const named = y.values.map(String)
  const left = Math.max(...named.map(widthOf), widthOf(y.name))
  const head = headOf(x, width - left - 1)
  const where = at === undefined ? '' : `, at ${at}`
  if (head === undefined || variants.length > LETTERS.length) {
    return [
      `${decision.reads} by ${x.name} and ${y.name}${where}: the map has ${x.values.length} columns; the page draws it`,
    ]
  }
  const { wide } = head
  const map = cells.flatMap((row, index) => {
    const below = cells[index + 1]
    const text = row.map((cell, column) => {
      const isEdge = x.isOrdered && isFrontier(cell, row[column + 1])
      return `${letterOf(cell, variants)}${isEdge ? '|' : ' '}`.padStart(wide)
    })
    const own = `${padded(named[index]!, left)} ${text.join('')}`
    if (below === undefined || !y.isOrdered) return [own]
    const under = row.map((cell, column) => (isFrontier(cell, below[column]) ? '- ' : '  ').padStart(wide))
    return under.some((each) => each.includes('-')) ? [own, `${' '.repeat(left + 1)}${under.join('')}`] : [own]
  })
  const lines = [...(x.isOrdered ? ['|'] : []), ...(y.isOrdered ? ['-'] : [])].join(' and ')
  const signs = `${variants.map((name, index) => `${LETTERS[index]} ${name}`).join(', ')}; small: not resolved; =: no difference${lines === '' ? '' : `; ${lines}: the frontier`}`
  return [
    `which variant has the better ${decision.reads}, by ${x.name} (across) and ${y.name} (down)${where}:`,
    ...map.map((line) => line.trimEnd()),
    `${padded(y.name, left)} ${head.text}`.trimEnd(),
    ...(head.names === undefined ? [] : wrapped(`${x.name}: ${head.names}`, width)),
    signs,
    ...crossingLines(diagram, width),
  ]
}

const padded = (text: string, width: number) => `${' '.repeat(Math.max(0, width - widthOf(text)))}${text}`

type Head = {
  /** The width of each column. */
  readonly wide: number
  readonly text: string
  /** The legend of numbers and names. */
  readonly names?: string
}

/** The values below their columns; without enough room, some of the numbers, or numbers for names. */
function headOf({ values, isOrdered }: SweptAxis, room: number): Head | undefined {
  const texts = values.map(String)
  const wide = Math.max(...texts.map(widthOf), 1) + 2
  if (wide * texts.length <= room) return { wide, text: texts.map((text) => padded(`${text} `, wide)).join('') }
  if (!isOrdered) {
    const numbers = texts.map((_, index) => String(index + 1))
    const narrow = Math.max(...numbers.map(widthOf)) + 2
    if (narrow * texts.length > room) return undefined
    return {
      wide: narrow,
      text: numbers.map((text) => padded(`${text} `, narrow)).join(''),
      names: texts.map((text, index) => `${index + 1} ${text}`).join(', '),
    }
  }
  const narrow = [3, 2].find((each) => each * texts.length <= room)
  return narrow === undefined ? undefined : { wide: narrow, text: sparse(texts, narrow) }
}

/** Each value ends below its column, if the one before left room for it. */
function sparse(texts: readonly string[], wide: number): string {
  let line = ''
  for (const [index, text] of texts.entries()) {
    const end = (index + 1) * wide - 1
    const start = end - widthOf(text)
    if (start < 0 || (line !== '' && start <= line.length)) continue
    line = `${line.padEnd(start)}${text}`
  }
  return line
}

function letterOf(cell: Cell | undefined, variants: readonly string[]): string {
  if (cell === undefined) return '.'
  if (cell.certainty === 'same') return '='
  const letter = LETTERS[variants.indexOf(cell.winner)]!
  return cell.certainty === 'sure' ? letter : letter.toLowerCase()
}

/** `at pause-us 100  between vcpus 12 (no-precheck) and 13 (precheck)`. */
function crossingLines(diagram: PhaseDiagram, width: number): string[] {
  const crossings = crossingsOf(diagram)
  if (crossings.length === 0) return []
  const rows = crossings.slice(0, MOST_CROSSINGS).map(({ along, from, to, across, at, below, above }) => {
    return [`at ${across} ${at}`, `between ${along} ${from} (${regionText(below)})`, `and ${to} (${regionText(above)})`]
  })
  const more = crossings.length - rows.length
  return [
    '',
    'the frontier:',
    leftColumns(rows, width),
    ...(more > 0 ? [`and ${more} more crossings: the page has them`] : []),
  ]
}
