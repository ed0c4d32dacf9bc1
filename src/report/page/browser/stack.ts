import type { Stack } from '../spec.ts'
import { element } from './dom.ts'
import { onThemeChange, theme } from './theme.ts'

const HATCHES = 5

/** Shares of a whole: one bar for each row, with labelled parts. */
export function stackChart({ rows }: Stack, label: string): HTMLElement {
  const names = [...new Set(rows.flatMap(({ parts }) => parts.map(({ name }) => name)))]
  const coloured: (readonly [HTMLElement, number])[] = []
  const swatch = (tag: 'span' | 'div', name: string, attributes: Readonly<Record<string, string>>) => {
    const made = element(tag, attributes)
    coloured.push([made, names.indexOf(name)])
    return made
  }
  const bars = rows.map(({ name, parts }) => {
    const bar = element('div', { class: 'bar' })
    for (const part of parts) {
      const piece = swatch('div', part.name, { title: `${part.name} ${(part.share * 100).toFixed(1)} %` })
      piece.style.flexGrow = String(part.share)
      bar.append(piece)
    }
    return element('div', { class: 'stack-row' }, element('span', { class: 'stack-name' }, name), bar)
  })
  const legend = names.map((name) => element('li', {}, swatch('span', name, { class: 'swatch' }), name))
  const paint = () => {
    const { series } = theme()
    for (const [piece, index] of coloured) {
      piece.style.background = series[index % series.length]!
      piece.style.opacity = index < HATCHES ? '1' : '0.55'
    }
  }
  paint()
  onThemeChange(paint)
  const chart = element('div', { role: 'img', 'aria-label': `${label}. The table below has its shares.` }, ...bars)
  return element('div', { class: 'stack' }, chart, element('ul', { class: 'legend' }, ...legend))
}
