import type { Phase, Table } from '../spec.ts'
import { element } from './dom.ts'
import { scrollable } from './tables.ts'
import { faint, onThemeChange, theme } from './theme.ts'

/** The opacity of a variant's colour in a cell. */
const STRENGTH = { sure: 0.85, unsure: 0.3, same: 0, absent: 0.12 } as const
const SIGNS = { sure: '', unsure: '?', same: '=', absent: '·' } as const

const FRONTIERS = ['', ' frontier-right', ' frontier-below', ' frontier-right frontier-below'] as const
/** More columns have no room for a sign in each cell, nor for a value above each. */
const MOST_SIGNED = 40
const EVERY = 10

/** The same in words. */
export const phaseTable = ({ x, y, xs, ys, rows }: Phase): Table => ({
  columns: [`${y} \\ ${x}`, ...xs],
  rows: rows.map((row, at) => [ys[at]!, ...row.map(([, , says]) => says)]),
})

/**
 * The winning variant by two parameters: a map whose cells are read like those of a table. The pointer and the arrow
 * keys show the value of a cell below the map. Thick lines are the frontier.
 */
export function phaseMap({ x, y, xs, ys, variants, rows }: Phase, caption: string): HTMLElement {
  const coloured: (readonly [HTMLElement, number, number])[] = []
  const swatches = variants.map((_, index) => {
    const swatch = element('span', { class: 'swatch' })
    coloured.push([swatch, index, STRENGTH.sure])
    return swatch
  })
  const stated = element('p', { class: 'under-pointer', 'aria-live': 'polite' }, '')
  const cells: HTMLElement[][] = []
  const isDense = xs.length > MOST_SIGNED
  const body = rows.map((row, at) =>
    element(
      'tr',
      {},
      headerOf(ys[at]!, 'row', isDense && at % EVERY !== 0),
      ...row.map(([winner, certainty, says, frontier], column) => {
        const lines = FRONTIERS[frontier]
        const label = `${x} ${xs[column]}, ${y} ${ys[at]}: ${says}`
        const sign =
          certainty === 'sure' || certainty === 'unsure' ? `${winner + 1}${SIGNS[certainty]}` : SIGNS[certainty]
        const cell = element('td', { class: `phase-cell${lines}`, 'aria-label': label }, isDense ? '' : sign)
        cell.title = label
        if (winner >= 0) coloured.push([cell, winner, STRENGTH[certainty]])
        cells[at] = [...(cells[at] ?? []), cell]
        return cell
      }),
    ),
  )
  const walk = walkOver(cells, stated)
  const paint = () => {
    const { series } = theme()
    for (const [cell, index, strength] of coloured) {
      cell.style.background = faint(series[index % series.length]!, strength)
    }
  }
  paint()
  onThemeChange(paint)
  const head = xs.map((value, at) => headerOf(value, 'col', isDense && at % EVERY !== 0))
  const table = element(
    'table',
    { class: isDense ? 'phase phase-dense' : 'phase' },
    element('caption', {}, caption),
    element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, `${y} \\ ${x}`), ...head)),
    element('tbody', {}, ...body),
  )
  const legend = variants.map((name, index) => element('li', {}, swatches[index]!, `${index + 1} ${name}`))
  const map = scrollable(table, `${caption}. Arrow keys move from cell to cell.`)
  map.addEventListener('keydown', walk.onKey)
  map.addEventListener('pointerover', walk.onPointer)
  return element('div', {}, map, stated, element('ul', { class: 'legend' }, ...legend))
}

/** Text without room to be visible is still there for screen readers. */
const headerOf = (value: string, scope: 'row' | 'col', isHidden: boolean) =>
  element('th', { scope, 'aria-label': value }, isHidden ? '' : value)

const STEPS: Readonly<Record<string, readonly [down: number, right: number]>> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
}

/** The cell that is being read: marked, in sight, and said. */
function walkOver(cells: readonly (readonly HTMLElement[])[], stated: HTMLElement) {
  let at: readonly [row: number, column: number] | undefined
  const go = (row: number, column: number) => {
    const cell = cells[row]?.[column]
    if (cell === undefined) return
    if (at !== undefined) cells[at[0]]![at[1]]!.classList.remove('read')
    at = [row, column]
    cell.classList.add('read')
    cell.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    stated.textContent = cell.getAttribute('aria-label')
  }
  return {
    onKey: (event: KeyboardEvent) => {
      const step = STEPS[event.key]
      if (step === undefined) return
      event.preventDefault()
      if (at === undefined) go(0, 0)
      else go(at[0] + step[0], at[1] + step[1])
    },
    onPointer: ({ target }: Event) => {
      const line = (target as HTMLElement).closest('tr')
      const row = line === null ? -1 : cells.findIndex(([first]) => first?.parentElement === line)
      if (row >= 0) go(row, cells[row]!.indexOf(target as HTMLElement))
    },
  }
}
