import type { Phase } from '../spec.ts'
import { element } from './dom.ts'
import { scrollable } from './tables.ts'
import { faint, onThemeChange, theme } from './theme.ts'

/** How much of a variant's colour a cell has. */
const STRENGTH = { sure: 0.85, unsure: 0.3, same: 0, absent: 0.12 } as const
const SIGNS = { sure: '', unsure: '?', same: '=', absent: '·' } as const

/** Which variant wins where: a map whose cells are read and reached like those of a table; thick lines are the frontier. */
export function phaseMap({ x, y, xs, ys, variants, rows }: Phase, caption: string): HTMLElement {
  const coloured: (readonly [HTMLElement, number, number])[] = []
  const swatches = variants.map((_, index) => {
    const swatch = element('span', { class: 'swatch' })
    coloured.push([swatch, index, STRENGTH.sure])
    return swatch
  })
  const body = rows.map((row, at) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, ys[at]!),
      ...row.map(({ winner, certainty, says, frontierRight, frontierBelow }, column) => {
        const lines = `${frontierRight ? ' frontier-right' : ''}${frontierBelow ? ' frontier-below' : ''}`
        const label = `${x} ${xs[column]}, ${y} ${ys[at]}: ${says}`
        const sign =
          certainty === 'sure' || certainty === 'unsure' ? `${winner + 1}${SIGNS[certainty]}` : SIGNS[certainty]
        const cell = element('td', { class: `phase-cell${lines}`, title: label, 'aria-label': label }, sign)
        if (winner >= 0) coloured.push([cell, winner, STRENGTH[certainty]])
        return cell
      }),
    ),
  )
  const paint = () => {
    const { series } = theme()
    for (const [cell, index, strength] of coloured) {
      cell.style.background = faint(series[index % series.length]!, strength)
    }
  }
  paint()
  onThemeChange(paint)
  const head = [`${y} \\ ${x}`, ...xs].map((value) => element('th', { scope: 'col' }, value))
  const table = element(
    'table',
    { class: 'phase' },
    element('caption', {}, caption),
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...body),
  )
  const legend = variants.map((name, index) => element('li', {}, swatches[index]!, `${index + 1} ${name}`))
  return element('div', {}, scrollable(table, caption), element('ul', { class: 'legend' }, ...legend))
}
