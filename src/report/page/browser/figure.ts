import type { Figure, Table } from '../spec.ts'
import { element } from './dom.ts'
import { linesChart } from './lines.ts'
import { phaseMap, phaseTable } from './phase.ts'
import { stackChart } from './stack.ts'
import { matrixTable, tableOf } from './tables.ts'
import { onThemeChange, theme } from './theme.ts'
import { timelineChart } from './timeline.ts'
import { witnessView } from './witness.ts'

const KINDS = {
  measured: 'measured on threads of a host',
  modelled: 'modelled in virtual time',
  recorded: 'recorded on a real kernel',
  checked: 'found by the checker',
} as const

/** A picture or a table with its caption, its figures as a table, and the command that made it. */
export function figureOf(figure: Figure): HTMLElement {
  const { title, kind, caption, command, table, body } = figure
  return element(
    'figure',
    { 'data-kind': kind, 'data-type': body.type, 'aria-label': title },
    element('h3', {}, title, ' ', element('small', { class: `kind kind-${kind}` }, KINDS[kind])),
    bodyOf(figure),
    element('figcaption', {}, caption),
    ...legendOf(figure),
    ...tablesOf(body, table).map((own) => details('the figures as a table', () => tableOf(own, title))),
    ...(command === '' ? [] : [details('the command that made it', () => commandOf(command))]),
  )
}

/** The table that stands below a picture: a table is its own, and a map says what its cells are. */
function tablesOf(body: Figure['body'], table: Table): Table[] {
  if (body.type === 'phase') return [phaseTable(body)]
  return table.rows.length === 0 || body.type === 'table' ? [] : [table]
}

/** Made when it is opened for the first time: a page may have tables of thousands of cells. */
function details(summary: string, inside: () => HTMLElement): HTMLElement {
  const made = element('details', {}, element('summary', {}, summary))
  made.firstElementChild!.addEventListener('click', () => made.append(inside()), { once: true })
  return made
}

function commandOf(command: string): HTMLElement {
  const copy = element('button', { type: 'button' }, 'copy')
  copy.addEventListener('click', () => {
    void navigator.clipboard?.writeText(command).then(() => {
      copy.textContent = 'copied'
    })
  })
  return element('p', { class: 'command' }, element('code', {}, command), ' ', copy)
}

function bodyOf({ body, table, title }: Figure): HTMLElement {
  switch (body.type) {
    case 'lines':
      return linesChart(body, title)
    case 'stack':
      return stackChart(body, title)
    case 'matrix':
      return matrixTable(body, title)
    case 'phase':
      return phaseMap(body, title)
    case 'timeline':
      return timelineChart(body, title)
    case 'table':
      return tableOf(table, title)
    case 'witness':
      return witnessView(body, title)
    case 'text':
      return body.isCode
        ? diffOf(body.lines, title)
        : element('div', {}, ...body.lines.map((line) => element('p', {}, line)))
  }
}

/** Lines that came are green, lines that went are red; their signs say it too. */
function diffOf(lines: readonly string[], label: string): HTMLElement {
  const styleOf = (line: string) => (line.startsWith('+') ? 'came' : line.startsWith('-') ? 'went' : 'both')
  const spans = lines.flatMap((line, index) => [
    ...(index === 0 ? [] : ['\n']),
    element('span', { class: styleOf(line) }, line),
  ])
  return element('pre', { tabindex: '0', role: 'region', 'aria-label': label }, ...spans)
}

/** The names of a chart's series with their colours. */
function legendOf({ body }: Figure): HTMLElement[] {
  if (body.type !== 'lines') return []
  const names = [...new Set(body.series.map(({ name, of }) => of ?? name))]
  const swatches = names.map(() => element('span', { class: 'swatch' }))
  const paint = () => {
    const { series } = theme()
    for (const [index, swatch] of swatches.entries()) swatch.style.background = series[index % series.length]!
  }
  paint()
  onThemeChange(paint)
  return [element('ul', { class: 'legend' }, ...names.map((name, index) => element('li', {}, swatches[index]!, name)))]
}
