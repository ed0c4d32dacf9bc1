import type { Witness } from '../spec.ts'
import { element } from './dom.ts'

/** The steps of a schedule: a slider and the arrow keys go through them, and the words' values follow. */
export function witnessView({ actors, steps }: Witness, label: string): HTMLElement {
  const slider = element('input', {
    type: 'range',
    min: '0',
    max: String(Math.max(0, steps.length - 1)),
    value: String(Math.max(0, steps.length - 1)),
    'aria-label': 'step of the schedule',
  })
  const place = element('output', {})
  const words = element('dl', { class: 'words' })
  const rows = steps.map(({ actor, text }, index) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, String(index + 1)),
      ...actors.map((_, column) => element('td', {}, column === actor ? text : '')),
    ),
  )
  const show = () => {
    const now = Number(slider.value)
    const values = new Map<string, string>()
    for (const step of steps.slice(0, now + 1)) for (const [name, value] of step.words) values.set(name, value)
    for (const [index, row] of rows.entries()) row.className = index === now ? 'now' : index > now ? 'later' : ''
    const changed = new Set(steps[now]?.words.map(([name]) => name))
    words.replaceChildren(
      ...[...values].flatMap(([name, value]) => [
        element('dt', changed.has(name) ? { class: 'changed' } : {}, name),
        element('dd', {}, value),
      ]),
    )
    place.textContent = `step ${now + 1} of ${steps.length}`
    rows[now]?.children[steps[now]!.actor + 1]?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }
  slider.addEventListener('input', show)
  for (const [index, row] of rows.entries()) {
    row.addEventListener('click', () => {
      slider.value = String(index)
      show()
    })
  }
  const head = element('tr', {}, ...['step', ...actors].map((name) => element('th', { scope: 'col' }, name)))
  const caption = element('caption', {}, label)
  const table = element('table', {}, caption, element('thead', {}, head), element('tbody', {}, ...rows))
  const frame = element(
    'div',
    { class: 'witness' },
    element('div', { class: 'scroll tall', tabindex: '0', role: 'region', 'aria-label': label }, table),
    words,
  )
  const view = element('div', {}, element('p', { class: 'scrubber' }, slider, place), frame)
  queueMicrotask(show)
  return view
}
