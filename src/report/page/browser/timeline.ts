import uPlot from 'uplot'
import type { Timeline } from '../spec.ts'
import { element } from './dom.ts'
import { inUnit } from './format.ts'
import { withKeys } from './keys.ts'
import { WITHOUT_SHIFT } from './pan.ts'
import { faint, onThemeChange, type Theme, theme } from './theme.ts'

/** More of them would cover the lanes. */
const MANY_ARROWS = 100
const LANE = 22
const TALL_LANE = 32
const AXIS = 34
/** A letter on an axis, and what stands beside a name there. */
const LETTER = 7
const GAP = 16
const LEAST_SIDE = 60

/** Lanes of slices over time: drag to zoom, with Shift to pan, double-click to show all, hover for what a slice is. */
export function timelineChart(spec: Timeline, label: string): HTMLElement {
  const box = element('div', { class: 'plot timeline' })
  const live = element('p', { class: 'under-pointer', 'aria-live': 'polite' })
  const legend = element('ul', { class: 'legend' })
  let plot: uPlot | undefined
  const draw = () => {
    plot?.destroy()
    plot = new uPlot(optionsOf(spec, box, live, theme()), dataOf(spec), box)
    const charts = box as unknown as { chart?: uPlot }
    charts.chart = plot
    legend.replaceChildren(...legendOf(spec, theme()))
  }
  withKeys(box, label, () => plot, timesByLane(spec))
  new ResizeObserver(() => {
    if (plot === undefined && box.clientWidth > 0) draw()
    else plot?.setSize({ width: box.clientWidth, height: heightOf(spec) })
  }).observe(box)
  onThemeChange(() => box.clientWidth > 0 && draw())
  return element('div', {}, box, live, legend)
}

const heightOf = ({ lanes, isApart }: Timeline) => lanes.length * (isApart === true ? TALL_LANE : LANE) + AXIS

function timesByLane({ lanes, slices, marks }: Timeline): readonly (readonly number[])[] {
  const times = lanes.map(() => new Set<number>())
  for (const [lane, from] of slices) times[lane]!.add(from)
  for (const [lane, at] of marks) times[lane]!.add(at)
  return times.map((own) => [...own].sort((a, b) => a - b))
}

function dataOf({ slices, marks }: Timeline): uPlot.AlignedData {
  const times = new Set<number>()
  for (const [, from, length] of slices) times.add(from).add(from + length)
  for (const [, at] of marks) times.add(at)
  const xs = [...times].sort((a, b) => a - b)
  return [xs, xs.map(() => 0)]
}

function optionsOf(spec: Timeline, box: HTMLElement, live: HTMLElement, colours: Theme): uPlot.Options {
  const lanes = spec.lanes.length
  return {
    width: box.clientWidth,
    height: heightOf(spec),
    scales: { x: { time: false }, y: { range: () => [0, lanes] } },
    axes: [
      {
        stroke: colours.text,
        grid: { stroke: colours.grid, width: 1 },
        size: AXIS,
        values: (_, splits) => splits.map((value) => inUnit(value, 'ns')),
      },
      {
        stroke: colours.text,
        grid: { show: false },
        size: sideOf(spec, box),
        splits: () => spec.lanes.map((_, lane) => lanes - lane - 0.5),
        values: () => spec.lanes.map((lane) => endOf(lane, Math.floor((sideOf(spec, box) - GAP) / LETTER))),
      },
    ],
    series: [{}, { paths: () => null, points: { show: false } }],
    legend: { show: false },
    cursor: { drag: { x: true, y: false }, points: { show: false }, bind: WITHOUT_SHIFT },
    hooks: {
      draw: [(plot) => paint(plot, spec, colours)],
      setCursor: [(plot) => tell(plot, spec, live)],
    },
  }
}

/** As wide as the longest name, but no more than a third of the picture. */
function sideOf({ lanes }: Timeline, box: HTMLElement): number {
  const longest = Math.max(...lanes.map(({ length }) => length))
  return Math.max(LEAST_SIDE, Math.min(box.clientWidth / 3, longest * LETTER + GAP))
}

/** Names differ at their ends: the number of a vCPU, or of a thread. */
const endOf = (name: string, letters: number) => (name.length <= letters ? name : `…${name.slice(1 - letters)}`)

function paint(plot: uPlot, spec: Timeline, colours: Theme): void {
  const { ctx, bbox } = plot
  const lane = bbox.height / spec.lanes.length
  const x = (ns: number) => plot.valToPos(ns, 'x', true)
  const colour = (category: number) => colours.series[category % colours.series.length]!
  const { min, max } = plot.scales.x as { min: number; max: number }
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  for (const [row, from, length, , category] of spec.slices) {
    if (from > max || from + length < min) continue
    const left = x(from)
    const isOuter = category === spec.outer
    ctx.fillStyle = isOuter ? faint(colour(category), 0.3) : colour(category)
    const [above, high] = slicePart(spec, isOuter)
    ctx.fillRect(left, bbox.top + (row + above) * lane, Math.max(1, x(from + length) - left), lane * high)
  }
  const [markFrom, markMargin] = spec.isApart === true ? [0.6, 0.1] : [0, 0]
  for (const [row, at, , category] of spec.marks) {
    if (at < min || at > max) continue
    ctx.fillStyle = colour(category)
    ctx.fillRect(x(at) - 1, bbox.top + (row + markFrom) * lane, 2, lane * (1 - markFrom - markMargin))
  }
  ctx.strokeStyle = faint(colours.text, spec.arrows.length > MANY_ARROWS ? 0.12 : 0.35)
  ctx.lineWidth = 1
  for (const [from, at, to, until] of spec.arrows) {
    if (until < min || at > max) continue
    ctx.beginPath()
    ctx.moveTo(x(at), bbox.top + (from + 0.5) * lane)
    ctx.lineTo(x(until), bbox.top + (to + 0.5) * lane)
    ctx.stroke()
  }
  ctx.restore()
}

/** Where in its lane a slice begins, and the share of the lane that it takes. */
function slicePart({ isApart }: Timeline, isOuter: boolean): readonly [above: number, high: number] {
  if (isApart === true) return [0.1, 0.45]
  return isOuter ? [0.08, 0.84] : [0.25, 0.5]
}

/** Describes the slices under the pointer, the shortest first, and the origin of an arrow that ends there. */
function tell(plot: uPlot, spec: Timeline, live: HTMLElement): void {
  const { left = -1, top = -1 } = plot.cursor
  if (left < 0 || top < 0) {
    live.textContent = ''
    return
  }
  const at = plot.posToVal(left, 'x')
  const near = Math.abs(plot.posToVal(left + 3, 'x') - at)
  const lane = Math.floor((top / plot.over.clientHeight) * spec.lanes.length)
  const slices = spec.slices
    .filter(([row, from, length]) => row === lane && from - near <= at && at <= from + length + near)
    .toSorted((a, b) => a[2] - b[2])
    .map(([, , length, name]) => `${spec.names[name]} ${inUnit(length, 'ns')}`)
  const marks = spec.marks
    .filter(([row, when]) => row === lane && Math.abs(when - at) <= near)
    .map(([, , name]) => spec.names[name]!)
  const causes = spec.arrows
    .filter(([, , to, until]) => to === lane && Math.abs(until - at) <= near)
    .map(([from, when, , , name]) => `${spec.names[name]} after ${spec.lanes[from]} at ${inUnit(when, 'ns')}`)
  const found = [...new Set([...marks, ...slices, ...causes])]
  live.textContent = `${spec.lanes[lane] ?? ''} at ${inUnit(at, 'ns')}: ${found.length === 0 ? 'nothing' : found.join(', ')}`
}

/** The categories that occur. */
function legendOf({ categories, slices, marks }: Timeline, { series }: Theme): HTMLElement[] {
  const used = new Set([...slices.map(([, , , , category]) => category), ...marks.map(([, , , category]) => category)])
  return categories.flatMap((name, index) => {
    if (!used.has(index)) return []
    const swatch = element('span', { class: 'swatch' })
    swatch.style.background = series[index % series.length]!
    return [element('li', {}, swatch, name)]
  })
}
