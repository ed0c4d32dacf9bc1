import type { Page, Section } from '../spec.ts'
import { element } from './dom.ts'
import { figureOf } from './figure.ts'

const idOf = (index: number) => `section-${index + 1}`

/** The sections of a page by name, each with its summary; sections that are only headings need no other list. */
export function contentsOf(sections: Page['sections']): HTMLElement[] {
  const listed = sections.flatMap((section, index) => (section.shows === 'heading' ? [] : [{ ...section, index }]))
  const entries = listed.map(({ title, gist, index }) => {
    const link = element('a', { href: `#${idOf(index)}` }, title)
    return element('li', {}, link, ...(gist === '' ? [] : [element('span', { class: 'gist' }, gist)]))
  })
  const hasFolds = sections.some(
    ({ shows, figures }) => shows === 'heading' || (shows !== 'all' && shows < figures.length),
  )
  return [
    ...(entries.length > 1 ? [element('nav', { 'aria-label': 'contents' }, element('ol', {}, ...entries))] : []),
    ...(hasFolds ? [openAll()] : []),
  ]
}

/** Opens the section that the address of the page leads to. */
export function reveal(id: string): void {
  const fold = document.getElementById(id)?.querySelector(':scope > details.whole')
  if (fold instanceof HTMLDetailsElement) fold.open = true
}

export function sectionOf(section: Section, index: number): HTMLElement {
  const { title, gist, shows } = section
  const heading = element('h2', {}, title)
  const inside = insideOf(section)
  if (shows !== 'heading') return element('section', { id: idOf(index) }, heading, ...inside)
  const summary = element('summary', {}, heading, element('span', { class: 'gist' }, gist))
  return element('section', { id: idOf(index) }, element('details', { class: 'fold whole' }, summary, ...inside))
}

function insideOf({ about, answers, warnings, figures, shows }: Section): HTMLElement[] {
  const lead = typeof shows === 'number' ? shows : figures.length
  return [
    element('p', { class: 'about' }, about),
    ...answers.map(({ verdict, text }) => element('p', { class: `answer answer-${verdict}` }, text)),
    ...(warnings.length === 0
      ? []
      : [element('ul', { class: 'warnings' }, ...warnings.map((text) => element('li', {}, text)))]),
    ...figures.slice(0, lead).map(figureOf),
    ...folded(figures.slice(lead)),
  ]
}

/** Its charts are drawn when it is opened. */
function folded(figures: Section['figures']): HTMLElement[] {
  if (figures.length === 0) return []
  const count = figures.length === 1 ? '1 more figure' : `${figures.length} more figures`
  const summary = element('summary', {}, `${count}: ${figures.map(({ title }) => title).join(', ')}`)
  return [element('details', { class: 'fold' }, summary, ...figures.map(figureOf))]
}

function openAll(): HTMLElement {
  const button = element('button', { type: 'button' }, 'open all figures')
  button.addEventListener('click', () => {
    for (const fold of document.querySelectorAll('details.fold')) (fold as HTMLDetailsElement).open = true
  })
  return button
}
