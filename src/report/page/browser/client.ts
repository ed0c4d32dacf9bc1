import type { Page } from '../spec.ts'
import { element } from './dom.ts'
import { contentsOf, reveal, sectionOf } from './section.ts'
import { tableOf } from './tables.ts'
import 'uplot/dist/uPlot.min.css'
import './client.css'

/** Draws the page that is in its own data. */
function draw(): void {
  const page = JSON.parse(document.getElementById('data')!.textContent!) as Page
  document
    .getElementById('page')!
    .append(
      element('h1', {}, page.title),
      ...contentsOf(page.sections),
      ...page.sections.map(sectionOf),
      element(
        'footer',
        {},
        element('h2', {}, 'Where these figures come from'),
        tableOf({ columns: ['what', 'value'], rows: page.provenance }, 'host, code and machines'),
      ),
    )
  reveal(location.hash.slice(1))
}

draw()
