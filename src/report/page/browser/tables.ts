import type { Matrix, Table } from '../spec.ts'
import { element } from './dom.ts'

/** Cells that are right-aligned; all others are left-aligned. */
const FIGURE = /^$|^-$|^[~=]|^[-+]?\d[^_]*$/

/** The figures of a chart as a table, for people and for screen readers. */
export function tableOf({ columns, rows }: Table, caption: string): HTMLElement {
  const styles = columns.map((_, index) => (rows.every((row) => FIGURE.test(row[index] ?? '')) ? '' : 'prose'))
  const styled = (index: number) => (styles[index] === '' ? {} : { class: styles[index]! })
  const head = element(
    'tr',
    {},
    ...columns.map((column, index) => element('th', { scope: 'col', ...styled(index) }, column)),
  )
  let header = ''
  const body = rows.map((row) => {
    header = row[0] || header
    // A row that continues the one above is read out with its name.
    const named = row[0] === '' ? { 'aria-label': header } : {}
    return element(
      'tr',
      {},
      ...row.map((cell, index) =>
        index === 0 ? element('th', { scope: 'row', ...named }, cell) : element('td', styled(index), cell),
      ),
    )
  })
  return scrollable(
    element(
      'table',
      columns.length > MOST_COLUMNS ? { class: 'wide' } : {},
      element('caption', {}, caption),
      element('thead', {}, head),
      element('tbody', {}, ...body),
    ),
    caption,
    rows.length > MOST_ROWS,
  )
}

/** A table of more is set smaller. */
const MOST_COLUMNS = 8

/** The number of rows above which a table scrolls. */
const MOST_ROWS = 24

/** Makes a wide table scroll instead of the page; the keyboard reaches it. */
export const scrollable = (table: HTMLElement, label: string, isTall = false): HTMLElement =>
  element(
    'div',
    { class: isTall ? 'scroll tall' : 'scroll', tabindex: '0', role: 'region', 'aria-label': label },
    table,
  )

const SIGNS = { acceptable: '', interesting: '! ', forbidden: '!! ', absent: '' } as const

/** Outcomes against variants; the grade is a word and a colour. */
export function matrixTable({ columns, rows }: Matrix, caption: string): HTMLElement {
  const head = element(
    'tr',
    {},
    ...['outcome', ...columns].map((name) => element('th', { scope: 'col' }, name)),
    element('th', { scope: 'col', class: 'prose' }, 'what it means'),
  )
  const body = rows.map(({ name, says, cells }) => {
    const graded = cells.map(({ text, grade }) => element('td', { class: `grade-${grade}` }, `${SIGNS[grade]}${text}`))
    return element('tr', {}, element('th', { scope: 'row' }, name), ...graded, element('td', { class: 'prose' }, says))
  })
  return scrollable(
    element('table', {}, element('caption', {}, caption), element('thead', {}, head), element('tbody', {}, ...body)),
    caption,
  )
}
